"""Drives ring_probe."""
from interop.probe_program import ProbeProgram


class Probe(ProbeProgram):
    def __init__(self):
        super().__init__('ring_probe')

    def ask(self, *request):
        """The answer; ends the test when the probe reports an error."""
        answer = super().ask(request)
        if isinstance(answer, dict) and 'error' in answer:
            raise AssertionError(f'{request}: {answer["error"]}')
        return answer
