"""Every sentence of the lab, in plain words and with today's numbers, by subject.

The screen, its help and a run told as text all say these: `words.many`, `words.right_now` and so on,
whichever file they stand in. A function takes a view and gives text; names from files are passed on as
they are, and whoever shows them makes them safe.
"""

from engine.data.source import letter as letter  # told of here as everything is
from fedtui.words.behind import *
from fedtui.words.coded import *
from fedtui.words.elsewhere import *
from fedtui.words.forms import *
from fedtui.words.header import *
from fedtui.words.hospital import *
from fedtui.words.kept import *
from fedtui.words.masks import *
from fedtui.words.phases import *
from fedtui.words.plots import *
from fedtui.words.privacy import *
from fedtui.words.scores import *
from fedtui.words.server import *
from fedtui.words.small import *
from fedtui.words.together import *
from fedtui.words.tour import *
