"""Generate a migration: the difference between an up-to-date database and the models, as the next numbered file.

`python -m tests.support.migration_generator "Store the language of a run"`; read and correct what it writes.
"""

import argparse
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script

from hfcourse import database


def generate_migration(message: str, folder: Path = database.MIGRATIONS_FOLDER) -> Path:
    """Write the migration into `versions/` of `folder`; return its path. Without a difference it is empty.

    Args:
        message: what it changes, its docstring; its file is named after it.
    """
    config = Config()
    config.set_main_option("script_location", str(folder))
    number = f"{int(database.get_newest_revision()) + 1:04}"
    with tempfile.TemporaryDirectory() as scratch:
        engine = database.open_engine(f"sqlite:///{scratch}/new.sqlite")
        database.migrate_engine(engine)
        with engine.connect().execution_options(writes=True) as connection:
            config.attributes["connection"] = connection
            written = command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    assert isinstance(written, Script)
    return Path(written.path)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("message", help="what it changes, in a few words")
    print(generate_migration(options.parse_args().message))


if __name__ == "__main__":
    main()
