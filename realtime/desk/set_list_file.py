"""The set list between this show, its file and whoever else writes that: a change is made to what stands there."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime.desk.kept_file import Scribe, read_kept, signature_of, write_kept
from realtime.desk.set_list import SetList, content_of, set_list_from

Edit = Callable[[SetList], SetList]  # may raise ValueError, in words for the person

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class _Read:
    """What the file said when it was looked at; no set list: nothing of it is known."""

    signature: tuple[int, int, int] | None
    listed: SetList | None
    problems: tuple[str, ...]


class SetListFile:
    """All of it belongs to the frame loop; the file is read and written by the scribe.

    Another show, or a person with an editor, may write the same file: what they changed is taken over within a second,
    and a change here is one of what the file says then, so that nobody's cues are lost.
    """

    def __init__(self, file: Path | None, scribe: Scribe | None) -> None:
        self._file, self._scribe = file, scribe
        self._done: deque[_Read] = deque()  # written by the scribe
        self._asked = 0  # of the scribe, not yet taken in
        self._looked_s = -_LOOK_EVERY_S
        self._signature: tuple[int, int, int] | None = None
        self.listed = SetList()
        self.problems: tuple[str, ...] = ()
        if file is not None:
            self._take(_read(file))

    def change(self, edit: Edit) -> None:
        """Change the list, here at once and in the file soon. Raises ValueError, then nothing has changed."""
        self.listed = edit(self.listed)
        self._ask(edit)

    def look(self, now_s: float) -> bool:
        """Whether the list, or what is wrong with it, is another since: what others wrote is taken over."""
        listed, problems = self.listed, self.problems
        while self._done:
            read = self._done.popleft()
            self._asked -= 1
            if not self._asked:  # else what was changed here since is not in it
                self._take(read)
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            if not self._asked:
                self._ask(None)
        if self.problems != problems:
            return True
        # as they are written: arrays of poses cannot be compared as they are
        return self.listed is not listed and content_of(self.listed) != content_of(listed)

    def _take(self, read: _Read) -> None:
        self._signature = read.signature
        self.problems = read.problems
        if read.listed is not None:
            self.listed = read.listed

    def _ask(self, edit: Edit | None) -> None:
        file, scribe, known = self._file, self._scribe, self._signature
        if file is None or scribe is None:
            return
        self._asked += 1
        last = _Read(known, None, self.problems)
        scribe.do(lambda: self._done.append(_changed(file, edit) if edit else _seen(file, last)))


def _seen(file: Path, last: _Read) -> _Read:
    """Scribe. The file, if it is another than before."""
    return last if signature_of(file) == last.signature else _read(file)


def _changed(file: Path, edit: Edit) -> _Read:
    """Scribe. Make a change to what the file says, and write that."""
    read = _read(file)
    try:
        listed = edit(read.listed or SetList())
    except ValueError:  # somebody else has removed it meanwhile
        return read
    problem = write_kept(file, content_of(listed))
    if problem:
        return _Read(read.signature, None, (problem,))
    return _read(file)


def _read(file: Path) -> _Read:
    """Scribe. The file as it is."""
    signature = signature_of(file)
    content, problem = read_kept(file)
    if problem:
        return _Read(signature, None, (problem,))
    listed, problems = set_list_from(content or {})
    return _Read(signature, listed, tuple(f"{file}: {problem}" for problem in problems))
