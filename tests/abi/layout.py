#!/usr/bin/env python3
"""layout.py FROZEN LIVE CC: does the live header still declare everything that the frozen one does, and as it did?

Declarations are compared as text; sizes, offsets and constants by a C program of static assertions that is made from the
frozen header and compiled against the live one.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

STRIDED = {"mb_option", "mb_entry"}  # arrays of these are walked with a stride that the other side tells


def squeezed(text):
    return re.sub(r"\s+", " ", text).strip()


def code_of(path):
    """The header without comments, continued lines joined."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.DOTALL)
    return text.replace("\\\n", " ")


class Header:
    def __init__(self, path):
        code = code_of(path)
        plain = re.sub(r"^\s*#.*$", "", code, flags=re.MULTILINE)
        self.macros = dict(re.findall(r"^#define[ \t]+(MB_\w+)(?:\([^)]*\))?(.*)$", code, flags=re.MULTILINE))
        self.structs = {
            name: [squeezed(member) for member in body.split(";") if member.strip()]
            for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", plain, flags=re.DOTALL)
        }
        self.constants = [
            item.split("=")[0].strip()
            for body in re.findall(r"enum \{(.*?)\}", plain, flags=re.DOTALL)
            for item in body.split(",")
            if item.strip()
        ]
        self.typedefs = [squeezed(line) for line in re.findall(r"typedef [^;{]*;", plain)]


def member_name(declaration):
    """"uint32_t size", "char name[64]", "mb_status (*get)(struct mb_store *store)"."""
    pointer = re.search(r"\(\*(\w+)\)", declaration)
    return pointer.group(1) if pointer else re.search(r"(\w+)(\[[^]]*\])*$", declaration).group(1)


def is_number(value):
    return re.match(r"\s*(UINT32_C\()?(0x)?[0-9a-fA-F]+\)?\s*$", value) is not None


def differences(frozen, live):
    for name, members in frozen.structs.items():
        now = live.structs.get(name)
        if now is None:
            yield f"struct {name} is gone"
            continue
        for place, member in enumerate(members):
            if place >= len(now) or now[place] != member:
                found = now[place] if place < len(now) else "nothing"
                yield f"struct {name}: where '{member}' was there is '{found}'"
    for name in frozen.macros.keys() - live.macros.keys():
        yield f"macro {name} is gone"
    for name in sorted(set(frozen.constants) - set(live.constants)):
        yield f"constant {name} is gone"
    for text in sorted(set(frozen.typedefs) - set(live.typedefs)):
        yield f"'{text}' is gone"


def may_grow(name, members):
    return name in STRIDED or any(member_name(member) == "struct_size" for member in members)


def printing_program(name, frozen):
    """Compiled against the frozen header it prints static assertions."""
    out = ["#include <stdio.h>", f'#include "{name}"', "int main(void)", "{"]
    for name, members in frozen.structs.items():
        relation = ">=" if may_grow(name, members) else "=="
        out.append(
            f'    printf("_Static_assert(sizeof(struct {name}) {relation} %zuu, \\"size of {name}\\");\\n",'
            f" sizeof(struct {name}));"
        )
        for member in map(member_name, members):
            out.append(
                f'    printf("_Static_assert(offsetof(struct {name}, {member}) == %zuu && '
                f'sizeof(((struct {name} *)0)->{member}) == %zuu, \\"{name}.{member}\\");\\n",'
                f" offsetof(struct {name}, {member}), sizeof(((struct {name} *)0)->{member}));"
            )
    numbers = [name for name, value in frozen.macros.items() if is_number(value) and name != "MB_STORAGE_ABI_MINOR"]
    for name in frozen.constants + numbers:
        out.append(f'    printf("_Static_assert((long long)({name}) == %lldLL, \\"{name}\\");\\n", (long long)({name}));')
    return "\n".join([*out, "    return 0;", "}", ""])


def compile_and_compare(frozen_path, live_path, compiler):
    with tempfile.TemporaryDirectory() as folder:
        maker, checks, program = Path(folder, "maker.c"), Path(folder, "checks.c"), Path(folder, "maker")
        frozen = Header(frozen_path)
        maker.write_text(printing_program(frozen_path.name, frozen))
        subprocess.run([compiler, "-std=c11", f"-I{frozen_path.parent}", "-o", program, maker], check=True)
        assertions = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        checks.write_text(f'#include "{live_path.resolve()}"\n' + assertions)
        done = subprocess.run([compiler, "-std=c11", "-fsyntax-only", f"-I{live_path.parent.resolve()}", checks], capture_output=True, text=True)
        failed = re.findall(r"static assertion failed:? \"(.*)\"", done.stderr)
        if done.returncode != 0 and not failed:
            failed = [done.stderr]
        return [f"{what} has changed" for what in failed], assertions.count("_Static_assert")


def main():
    frozen_path, live_path, compiler = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    wrong = list(differences(Header(frozen_path), Header(live_path)))
    changed, count = compile_and_compare(frozen_path, live_path, compiler)
    for line in wrong + changed:
        print(line)
    print(f"{count} sizes, offsets and constants compared; {len(wrong) + len(changed)} differences")
    return 1 if wrong or changed else 0


if __name__ == "__main__":
    sys.exit(main())
