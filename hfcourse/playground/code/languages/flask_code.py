"""Call as a view of a Flask application, which keeps the token on the server. Pure."""

from hfcourse.playground.code.languages.code_call import CodeCall
from hfcourse.playground.code.languages.python_code import (
    render_client_and_predict,
    render_install_comment,
    render_load_environment,
    render_python_imports,
)

PUBLIC_SPACE_COMMENT = '# Si le Space demande un jeton : token=os.environ["HF_TOKEN"], que load_dotenv() lit dans .env.'


def render_flask(call: CodeCall) -> str:
    """Render an application of one view: the browser asks for it, and receives the response alone."""
    environment = render_load_environment(call)
    lines = [
        f"{render_install_comment(call, 'flask')}. Lancer : flask --app app run",
        *render_python_imports(call, "from flask import Flask, jsonify"),
        "",
        *environment,
        "app = Flask(__name__)",
        "",
        "",
        '@app.get("/")',
        "def call_space():",
        '    """Appeler le Space depuis le serveur : le navigateur ne reçoit que la réponse."""',
        *([] if call.needs_token else [f"    {PUBLIC_SPACE_COMMENT}"]),
        *(f"    {line}" for line in render_client_and_predict(call)),
        "    return jsonify(result=result)",
    ]
    return "\n".join(lines) + "\n"
