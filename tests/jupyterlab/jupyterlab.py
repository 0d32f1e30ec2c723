"""JupyterLab as the tests build it: the interface from npm's packages, served by Debian's jupyterlab-server.

It has the name of the real package so that the shipped template's 'python -m jupyterlab' runs it, unchanged, with this folder on PYTHONPATH.
It is not the official wheel: the command-line options of Jupyter Server are the same, those of 'jupyter lab' itself are not there.
"""

from pathlib import Path

from jupyterlab_server import LabServerApp

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "artifacts" / "jupyterlab"


class TestLab(LabServerApp):
    name = "lab"
    app_name = "JupyterLab"
    app_namespace = "lab"
    app_version = "3.6.8"
    extension_url = default_url = "/lab"
    load_other_extensions = False

    static_dir = str(BUILT / "static")
    schemas_dir = str(BUILT / "schemas")
    themes_dir = str(BUILT / "themes")
    templates_dir = str(HERE / "templates")
    # What the interface remembers of its user goes where the notebooks are.
    user_settings_dir = str(Path.cwd() / ".lab" / "settings")
    workspaces_dir = str(Path.cwd() / ".lab" / "workspaces")


def _jupyter_server_extension_points():
    return [{"module": __name__, "app": TestLab}]


if __name__ == "__main__":
    TestLab.launch_instance()
