"""Configuration as Swift's own readers see it, case by case: equal values, or both refuse."""
import os
import tempfile
import unittest

import conf_cases
from interop.probe_program import ProbeProgram
from paste.deploy import loadwsgi
from swift.common import constraints, storage_policy, utils, wsgi

REFUSED = 'refused'


def outcome(function, *arguments):
    """What Swift's function returns, or REFUSED when it raises anything."""
    try:
        return function(*arguments)
    except (Exception, SystemExit):
        return REFUSED


def swift_paste(path, name, global_conf):
    """A context of paste.deploy as conf_probe shows it."""
    def show(context):
        shown = {'name': context.name, 'global': dict(context.global_conf), 'local': dict(context.local_conf)}
        kind = context.object_type.name
        if kind == 'pipeline':
            return {**shown, 'app': show(context.app_context), 'filters': [show(c) for c in context.filter_contexts]}
        if kind in ('filter_app', 'filtered_with'):
            # The inner contexts of filter-app and of a section with filter-with get no name.
            for inner in (context.filter_context, context.next_context):
                inner.name = getattr(inner, 'name', '')
            return {**shown, 'app': show(context.next_context), 'filters': [show(context.filter_context)]}
        return {**shown, 'loader': f'egg:{context.distribution.metadata["Name"]}#{context.entry_point_name}'}

    return show(wsgi.loadcontext(loadwsgi.APP, path, name=name, global_conf=dict(global_conf)))


def swift_conf(path):
    """What the parts of Swift that read swift.conf make of it."""
    utils.SWIFT_CONF_FILE = path
    utils.HASH_PATH_PREFIX = utils.HASH_PATH_SUFFIX = b''
    utils.validate_hash_conf()
    constraints.reload_constraints()
    storage_policy.reload_storage_policies()
    return {
        'prefix': utils.HASH_PATH_PREFIX.hex(), 'suffix': utils.HASH_PATH_SUFFIX.hex(),
        'max_meta_count': constraints.MAX_META_COUNT, 'auto_create_account_prefix': constraints.AUTO_CREATE_ACCOUNT_PREFIX,
        'valid_api_versions': constraints.VALID_API_VERSIONS,
        'policies': [[p.idx, p.alias_list, p.policy_type, p.is_default, p.is_deprecated] for p in storage_policy.POLICIES]}


VALUE_FUNCTIONS = {
    'bool': utils.config_true_value, 'int': int, 'positive': utils.config_positive_int_value,
    'float': float, 'non_negative': utils.non_negative_float,
    'fallocate': lambda text: list(utils.config_fallocate_value(text)),
    'list': utils.list_from_csv,
}


class ConfTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.probe = ProbeProgram('conf_probe')
        self.addCleanup(self.probe.close)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.accepted = self.refused = 0

    def write(self, content, name='a.conf'):
        path = os.path.join(self.directory, name)
        if isinstance(content, dict):
            os.mkdir(path)
            for file, text in content.items():
                self.write(text, os.path.join(name, file))
            return path
        with open(path, 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode('utf-8'))
        return path

    def compare(self, expected, answer, case):
        self.assertEqual(repr(expected), repr(answer.get('ok', REFUSED)), (case, answer))
        if expected == REFUSED:
            self.refused += 1
        else:
            self.accepted += 1

    def test_sections_of_daemons(self):
        for number, case in enumerate(conf_cases.DAEMON_CASES):
            with self.subTest(case=case):
                path = self.write(case, f'{number}.conf')
                expected = outcome(utils.readconf, path, 'container-replicator')
                answer = self.probe('daemon', path=path, section='container-replicator')
                if 'ok' in answer and expected != REFUSED:
                    self.compare(sorted(expected.items()), {'ok': sorted(map(tuple, answer['ok'].items()))}, case)
                else:
                    self.compare(expected, answer, case)
        self.assertGreater(min(self.accepted, self.refused), 20)

    def test_server_files(self):
        other = self.write(conf_cases.OTHER, 'other.conf')
        for number, (text, name, global_conf) in enumerate(conf_cases.PASTE_CASES):
            with self.subTest(text=text, name=name):
                path = self.write(text.replace('OTHER', os.path.basename(other)), f'{number}.conf')
                expected = outcome(swift_paste, path, name, global_conf)
                answer = self.probe('paste', path=path, name=name, **{'global': global_conf})
                if 'ok' in answer and expected != REFUSED:
                    self.assertEqual(expected, answer['ok'])
                    self.accepted += 1
                else:
                    self.compare(expected, answer, text)
        self.assertGreater(min(self.accepted, self.refused), 15)

    def test_values(self):
        for kind, function in VALUE_FUNCTIONS.items():
            for text in conf_cases.NUMBERS:
                with self.subTest(kind=kind, text=text):
                    expected = outcome(function, text)
                    if kind == 'fallocate' and expected != REFUSED:
                        expected[0] = float(expected[0])
                    self.compare(expected, self.probe('value', kind=kind, text=text), text)

    def test_swift_conf(self):
        for number, case in enumerate(conf_cases.SWIFT_CONF_CASES):
            with self.subTest(case=case):
                path = self.write(case, f'{number}.conf')
                self.compare(outcome(swift_conf, path), self.probe('swift_conf', path=path), case)
        self.assertGreater(min(self.accepted, self.refused), 20)

    def test_errors_name_the_file(self):
        path = self.write('[container-replicator]\na = 1\njunk\n')
        self.assertIn(f'{path}:3: ', self.probe('daemon', path=path, section='container-replicator')['error'])


if __name__ == '__main__':
    unittest.main()
