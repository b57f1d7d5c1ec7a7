# Entry of the set-up. Old Pythons must be able to read this file, to say the one line that helps: so no f-string, no
# annotation and nothing else that is younger than Python 2.7 here. The work is in set_up_steps.py.
# ruff: noqa: UP031
import os
import sys

LOWEST = (3, 11)
HIGHEST = (3, 13)


def main():
    found = sys.version_info[:2]
    if not LOWEST <= found <= HIGHEST:
        line = (
            "xiaoshi: \u9700\u8981 Python 3.11 \u81f3 3.13\uff0c\u627e\u5230\u7684\u662f %d.%d\uff08%s\uff09\uff1b\u8bf7\u5b89\u88c5\u540e\u91cd\u8bd5\uff08Debian/Ubuntu\uff1aapt install python3 python3-venv\uff09\uff0c\u6216\u7528 make PYTHON=/\u8def\u5f84/python3.12 \u6307\u5b9a\u3002"
            " / Python 3.11 to 3.13 is needed; found %d.%d at %s: install one (Debian/Ubuntu: apt install python3 python3-venv),"
            " or name it with make PYTHON=/path/to/python3.12\n"
        ) % (found[0], found[1], sys.executable, found[0], found[1], sys.executable)
        stream = getattr(sys.stderr, "buffer", sys.stderr)
        stream.write(line.encode("utf-8"))
        return 3
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import set_up_steps

    return set_up_steps.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
