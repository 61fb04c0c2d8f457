"""Stands in for kubectl and docker: notes its call, answers as the transcripts say. There is no cluster.

FAKE_CALLS: the file that gets a JSON line a call, with arguments and standard input.
FAKE_ANSWERS: a JSON list of [words, output, status]; the first of which all words are in the call answers.
A fourth value: it answers only while fewer calls than that have held these words.
"""

import json
import os
import sys

arguments = sys.argv[1:]
given = sys.stdin.read() if {"-", "--filename=-", "--compose-file=-"} & set(arguments) else ""
call = {"tool": os.path.basename(sys.argv[0]), "arguments": arguments, "given": given}
call["environ"] = {key: os.environ[key] for key in ("SECRET_TOKEN", "PS") if key in os.environ}
with open(os.environ["FAKE_CALLS"], "a+", encoding="utf-8") as file:
    file.seek(0)
    earlier = [set(json.loads(line)["arguments"]) for line in file]
    file.write(json.dumps(call) + "\n")
with open(os.environ["FAKE_ANSWERS"], encoding="utf-8") as file:
    answers = json.load(file)
for words, output, status, *times in answers:
    asked = sum(set(words) <= before for before in earlier)
    if set(words) <= set(arguments) and not (times and asked >= times[0]):
        (sys.stderr if status else sys.stdout).write(output)
        sys.exit(status)
