"""What the user wants of a run: pyproject.toml or concurlint.toml near each file, and the command line over it."""

from concurlint.config.loading import Nearest as Nearest
from concurlint.config.loading import load as load
from concurlint.config.settings import PLATFORMS as PLATFORMS
from concurlint.config.settings import UNREADABLE as UNREADABLE
from concurlint.config.settings import Config as Config
from concurlint.config.settings import Platform as Platform
from concurlint.config.settings import Settings as Settings
from concurlint.config.settings import globs as globs
from concurlint.config.settings import running_python as running_python
from concurlint.config.tables import find_project as find_project
from concurlint.config.values import ConfigError as ConfigError
