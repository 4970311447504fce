# SPDX-License-Identifier: Apache-2.0
"""tap - sentences for scenario tests in Python: ok(condition, sentence), then done()"""
import sys

_count = _failed = 0


def ok(condition, sentence, note=""):
    """One sentence that can be false."""
    global _count, _failed
    _count += 1
    print(f"{'ok' if condition else 'not ok'} {_count} - {sentence}", flush=True)
    if not condition:
        _failed += 1
        for line in str(note).splitlines():
            print("#   " + line, flush=True)
    return bool(condition)


def step(sentence, act):
    """act() as a sentence: true unless it raises; its value is returned, None when it failed."""
    try:
        got = act()
    except Exception as e:  # the sentence says what did not hold
        ok(False, sentence, f"{type(e).__name__}: {e}")
        return None
    ok(True, sentence)
    return got if got is not None else True


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)
