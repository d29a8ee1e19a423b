"""scripts/bench: measures, prints ratios, and ends with 1 when a goal is missed."""

import argparse
import sys

from bench import against, binlogs, create, restore, server, small, transfer
from bench.measure import Report

PROGRAMS = {"transfer": transfer, "create": create, "restore": restore, "against": against, "server": server, "small": small, "binlogs": binlogs}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    programs = parser.add_subparsers(dest="program", required=True)
    for name, program in PROGRAMS.items():
        program.add_arguments(programs.add_parser(name, help=program.__doc__, description=program.__doc__))
    arguments = parser.parse_args()
    report = Report()
    PROGRAMS[arguments.program].run(arguments, report)
    return 1 if report.missed else 0


sys.exit(main())
