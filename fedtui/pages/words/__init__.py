"""Every sentence of the full-screen pages, by page; those of the lab are in `fedtui.words`.

Plain words first, the field's term beside them, and whom it is from. A function takes what is known
and gives text; names from files are passed on as they are, and the page makes them safe.
"""

from fedtui.pages.words.around import *
from fedtui.pages.words.attack import *
from fedtui.pages.words.branches import *
from fedtui.pages.words.coded import *
from fedtui.pages.words.common import *
from fedtui.pages.words.data import *
from fedtui.pages.words.differences import *
from fedtui.pages.words.equations import *
from fedtui.pages.words.help import *
from fedtui.pages.words.messages import *
from fedtui.pages.words.readers import *
