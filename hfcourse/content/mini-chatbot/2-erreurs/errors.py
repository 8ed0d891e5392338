"""Mini chatbot : une phrase en français à la place de chaque erreur."""

from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError


def explain_error(error):
    """Dire ce qui s’est passé, puis quoi faire."""
    if isinstance(error, TimeoutError):
        return "Le Space n’a pas répondu à temps. Essayez une question plus courte."
    if isinstance(error, QueueError):
        return "Trop de monde attend devant ce Space. Réessayez dans une minute."
    if isinstance(error, AppError):
        return explain_refusal(str(error))
    if isinstance(error, ValueError):
        return "Space ou point d’accès introuvable. Vérifiez leurs noms dans .env."
    return "Le Space est injoignable. Vérifiez qu’il tourne, et SPACE dans .env."


def explain_refusal(words):
    """Dire pourquoi le programme du Space n’a pas répondu."""
    if "quota" in words:
        return "Le quota de calcul est épuisé. Attendez, ou changez de Space."
    if "verbose error reporting" in words:
        return "Le Space s’est arrêté sans dire pourquoi. Changez la question."
    return f"Le Space refuse cette question et dit pourquoi. {words}"
