"""The program common_probe: one question, one answer; and how answers are compared with Swift's."""
from interop.probe_program import ProbeProgram


class Probe(ProbeProgram):
    def __init__(self):
        super().__init__('common_probe')

    def ask(self, *question):
        return super().ask(question)

    def ask_all(self, questions):
        """The answers, in order. Asked in portions that fit the pipes."""
        answers = []
        for begin in range(0, len(questions), 100):
            portion = questions[begin:begin + 100]
            self.send(*portion)
            answers += [self.receive() for _ in portion]
        return answers


def is_error(answer):
    return isinstance(answer, dict) and 'error' in answer


def compare(what, cases, ours, theirs):
    """Prints the first differences and returns how many there are. ValueErrors of Swift are expected errors of ours."""
    wrong = 0
    for case, our, their in zip(cases, ours, theirs, strict=True):
        same = our.get('error') == 'bad_input' if their is ValueError and is_error(our) else our == their
        if not same:
            wrong += 1
            if wrong <= 5:
                print(f'{what} {case!r}: ours {our!r}, Swift {their!r}')
    accepted = sum(their is not ValueError for their in theirs)
    print(f'{what}: {len(theirs)} cases, {accepted} accepted by Swift, {wrong} differences', flush=True)
    return wrong
