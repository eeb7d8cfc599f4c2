"""The tables of conf_test.py: files as Swift's operators write them, rightly and wrongly."""

H = '[container-replicator]\n'

# Each a file's bytes, or {name: bytes} for a directory; read for the section container-replicator.
DAEMON_CASES = [
    '', '\n\n', '# only a comment\n', H, H + 'a = 1\n', H + 'a=1', H + 'a:1\n', H + 'a : b = c\n', H + 'a = b : c\n',
    H + 'A_b = MiXed\n', H + 'a =\n', H + 'a\n', H + '= 1\n', H + ': 1\n', H + 'a = 1\na = 2\n', H + 'a = 1\nA = 2\n',
    H + 'a = 1 # no comment\n', H + 'a = 1 ; no comment\n', H + '# a = 1\n; b = 2\n  # c = 3\nd = 4\n',
    H + 'a = 1\n  # comment inside\n  2\n', H + 'a = 1\n  two\n\tthree\n', H + 'a = 1\n\n  two\n\n\nb = 3\n',
    H + 'a =\n  one\n  two\n', H + 'a =\n\n\n', H + '  a = 1\n  b = 2\n', H + '  a = 1\nb = 2\n', H + ' a = 1\n   b = 2\n  c = 3\n',
    H + 'a = 1\n   b\n  c\n', H + 'a = 1\n  [x]\n', H + 'a = 1\n[x]\nb = 2\n' + H, '[x]\na = 1\n' + H + 'b = 2\n',
    '[DEFAULT]\na = 1\n' + H + 'b = 2\n', '[DEFAULT]\na = 1\n' + H + 'a = 2\n', H + 'a = 2\n[DEFAULT]\na = 1\nb = 3\n',
    '[DEFAULT]\na = 1\n[DEFAULT]\nb = 2\n' + H, '[DEFAULT]\na = 1\n[DEFAULT]\na = 2\n' + H, '[default]\na = 1\n' + H,
    '[DEFAULT]\n', 'a = 1\n' + H, '\ufeff' + H + 'a = 1\n', (H + 'a = 1\n').replace('\n', '\r\n'),
    (H + 'a = 1\n  2\nb = 3\n').replace('\n', '\r'), H + 'a = é😀\n', H + 'é = 1\n', (H + 'a = é\n').encode('latin1'),
    H + 'a = 1\x0b2\n', H + 'a = 1\x0c\n', H + 'a =\u00a01\u00a0\n', H + '\u00a0a = 1\n\u2003 b\n', H + 'a = \x1c1\x1d\n',
    H + 'a = \u200b1\n', H + 'a = 1\x85\n b\n', H + 'a = 1\u2028b\n', '[container-replicator] trailing\na = 1\n',
    '[container-replicator\na = 1\n', '[]\n' + H, '[]]\n' + H, '[ container-replicator ]\na = 1\n', '  [container-replicator]\na = 1\n',
    '[a]b]\nc = 1\n' + H, '[Container-Replicator]\n', '[container-server]\n',
    H + 'a = 1%\n', H + 'a = %\n', H + 'a = %%\n', H + 'a = %(b)s\nb = 2\n', H + 'a = %(B)s\nb = 2\n', H + 'a = x%(b)sy%(b)sz\nb = 2\n',
    H + 'a = %(b)s\n', H + 'a = %(a)s\n', H + 'a = %(b)s\nb = %(a)s\n', H + 'a = %(b)s\nb = %(c)s\nc = 5%\n',
    H + 'a = %(b)s\nb = 5%%\n', H + 'a = %(b)s 5%\nb = 1\n', H + 'a = %(b)s 5%%\nb = 1\n', H + 'a = %(b\nb = 1\n', H + 'a = %(b)d\nb = 1\n',
    H + 'a = %()s\n', H + 'a = %%(b)s\n', H + 'a = %%%(b)s\nb = 1\n', '[DEFAULT]\na = %(b)s\n' + H + 'b = here\n',
    '[DEFAULT]\nb = there\na = %(b)s\n' + H + 'b = here\n', '[DEFAULT]\na = %(nope)s\n' + H + 'b = 1\n',
    '[x]\na = %(nope)s\n' + H + 'b = 1\n', H + ''.join(f'a{i} = %(a{i + 1})s\n' for i in range(9)) + 'a9 = end\n',
    H + ''.join(f'a{i} = %(a{i + 1})s\n' for i in range(10)) + 'a10 = end\n',
    H + ''.join(f'a{i} = %(a{i + 1})s\n' for i in range(11)) + 'a11 = end\n', H + 'a = %(b)s\n  %(b)s\nb = 1\n  2\n',
    H + 'log_name = mine\n', '[DEFAULT]\nlog_name = all\n' + H, H + '__file__ = mine\n', H + 'set log_level = DEBUG\n', H + 'a b = 1\n',
    H + 'a\x00b = \x00\n', H + 'a = "quoted"\n', H + 'rsync_module = {replication_ip}::container{replication_port}\n',
    {'10.conf': H + 'a = 1\nb = 1\n', '20.conf': H + 'a = 2\n'}, {'20.conf': H + 'a = 1\n', '10.conf': '[DEFAULT]\na = 2\nc = 3\n'},
    {'a.conf': H + 'a = 1\n', '.b.conf': H + 'a = 2\n', 'c.ini': H + 'a = 3\n'}, {'readme': 'x'}, {},
    {'10.conf': '[DEFAULT]\nx = %(y)s\n', '20.conf': H + 'y = 1\n'}, {'10.conf': H + 'a = 1\n', '20.conf': '  b = 2\n'},
    {'10.conf': H + 'a = 1\n', '20.conf': H + 'a = 1\na = 2\n'}, {'9.conf': H + 'a = 9\n', '10.conf': H + 'a = 10\n'},
    {'A.conf': H + 'a = A\n', 'a.conf': H + 'a = a\n', 'B.conf': H + 'a = B\n'},
]

APP = '[app:container-server]\nuse = egg:swift#container\n'
PIPE = '[pipeline:main]\npipeline = healthcheck recon container-server\n'
FILTERS = '[filter:healthcheck]\nuse = egg:swift#healthcheck\n[filter:recon]\nuse = egg:swift#recon\nrecon_cache_path = /r\n'

# (file's text, app's name, options given by the program)
PASTE_CASES = [
    (APP, 'container-server', {}), (APP, 'main', {}), (PIPE + APP + FILTERS, 'main', {'log_name': 'x'}),
    (PIPE + APP + FILTERS, 'container-server', {'log_name': 'x'}),
    ('[DEFAULT]\na = 1\n' + APP + 'a = 2\n', 'container-server', {}), ('[DEFAULT]\na = 1\n' + APP + 'set a = 2\n', 'container-server', {}),
    (APP + 'set a = 2\n', 'container-server', {}), (APP + 'a = 2\nset a = 3\n', 'container-server', {}),
    ('[DEFAULT]\na = 1\n' + APP + 'get b = a\n', 'container-server', {}), (APP + 'get b = a\n', 'container-server', {}),
    (APP + 'set a = 1\nget b = a\n', 'container-server', {}), ('[DEFAULT]\nset a = 1\n' + APP, 'container-server', {}),
    ('[DEFAULT]\na = %(here)s/x\n' + APP + 'b = %(a)s\nc = %(__file__)s\n', 'container-server', {}),
    (APP + 'Aa = 1\naA = 2\n', 'container-server', {}), (APP + 'a = 1%\n', 'container-server', {}),
    (APP + 'a = %(nope)s\n', 'container-server', {}), ('[DEFAULT]\na = %(nope)s\n' + APP, 'container-server', {}),
    (APP + '[filter:x]\na = %(nope)s\n', 'container-server', {}), (PIPE + APP, 'main', {}), (PIPE + FILTERS, 'main', {}),
    ('[pipeline:main]\npipeline =\n', 'main', {}), ('[pipeline:main]\n', 'main', {}),
    ('[pipeline:main]\npipeline = container-server\nextra = 1\n' + APP, 'main', {}),
    ('[DEFAULT]\nextra = 0\n[pipeline:main]\npipeline = container-server\nextra = 1\n' + APP, 'main', {}),
    ('[pipeline:main]\npipeline = container-server\nset x = 1\n' + APP, 'main', {}),
    ('[pipeline:main]\npipeline =\n  healthcheck\n  recon\n\n  container-server\n' + APP + FILTERS, 'main', {}),
    ('[pipeline:main]\npipeline = egg:swift#healthcheck egg:swift#container\n', 'main', {}),
    ('[app:main]\nuse = container-server\na = 1\n' + APP + 'a = 2\nb = 3\nset c = 4\n', 'main', {}),
    ('[app:main]\nuse = container-server\nset c = 1\n' + APP + 'set c = 4\n', 'main', {}),
    ('[app:main]\nuse = main\n', 'main', {}), ('[app:main]\nuse = nothing\n', 'main', {}), ('[app:main]\na = 1\n', 'main', {}),
    ('[app: container-server ]\nuse = egg:swift#container\n', 'container-server', {}),
    ('[application:container-server]\nuse = egg:swift#container\n', 'container-server', {}),
    (APP + '[pipeline:container-server]\npipeline = x\n', 'container-server', {}),
    (APP + '[app: container-server]\nuse = egg:swift#container\n', 'container-server', {}),
    (APP + '[application:container-server]\n', 'container-server', {}),
    ('[composite:main]\nuse = container-server\n' + APP, 'main', {}),
    (APP + 'filter-with = recon\n' + FILTERS, 'container-server', {}), (APP + 'filter-with = nothing\n' + FILTERS, 'container-server', {}),
    ('[filter-app:main]\nuse = egg:swift#recon\nnext = container-server\nx = 1\n' + APP, 'main', {}),
    ('[filter-app:main]\nuse = egg:swift#recon\n' + APP, 'main', {}), (APP + 'a = 1\na = 2\n', 'container-server', {}),
    ('[DEFAULT]\nlog_name = file\n' + APP, 'container-server', {'log_name': 'given'}),
    (APP + 'log_name = own\n', 'container-server', {'log_name': 'given'}), (APP + 'set log_name = own\n', 'container-server', {'log_name': 'given'}),
    ('[app:main]\nuse = magic:thing\n', 'main', {}), ('[app:main]\nuse = config:OTHER#container-server\na = 1\nx = 2\n', 'main', {}),
    ('[DEFAULT]\no = mine\nd = mine\n[app:main]\nuse = config:OTHER#container-server\n', 'main', {}),
    ('[app:main]\nuse = config:OTHER\n', 'main', {}), ('[app:main]\nuse = config:nowhere.conf\n', 'main', {}),
]
# What OTHER stands for in `use` above.
OTHER = '[DEFAULT]\nd = other\n' + APP + 'o = other\na = other\nd = local\n'

NUMBERS = ['0', '1', '-1', '+1', ' 7 ', '1_000', '_1', '1__0', '1_', '1.0', '1e3', '.5', '5.', '1_0.5_0', '1._5', 'inf', '-Infinity',
           'nan', 'NaN(1)', '1e400', '1e-400', '0x10', '', ' ', 'auto', 'AUTO', ' auto', 'true', 'True', 'YES', 'on', 'T', 'y', 'no', 'off',
           'false', '1%', '1.5%', '%', '50 %', '1%%', '100', '101', '-0.5', '--1', '+-1', '- 1', '99999999999', 'a,b', ' a , ,b,', ',']

S = '[swift-hash]\nswift_hash_path_suffix = s\n'
P0 = '[storage-policy:0]\nname = zero\n'
P1 = '[storage-policy:1]\nname = one\n'
D = 'default = yes\n'
EC = 'policy_type = erasure_coding\nec_type = liberasurecode_rs_vand\n'
EC_NUMBERS = 'ec_num_data_fragments = 4\nec_num_parity_fragments = 2\n'

SWIFT_CONF_CASES = [
    '', S, '[swift-hash]\n', '[swift-hash]\nswift_hash_path_prefix = p\n', '[swift-hash]\nswift_hash_path_prefix =\nswift_hash_path_suffix =\n',
    '[DEFAULT]\nswift_hash_path_suffix = d\n', '[DEFAULT]\nswift_hash_path_suffix = d\n[swift-hash]\n',
    '[swift-hash]\nswift_hash_path_suffix = 5%\n', '[swift-hash]\nswift_hash_path_suffix = 5%%é\n', S + 'SWIFT_HASH_PATH_PREFIX = p\n',
    S + 'swift_hash_path_suffix = t\n', S + P0, S + P0 + D + P1, S + P1, S + P0 + P1, S + P0 + D + P1 + D, S + P1 + D + P0,
    S + P0 + 'deprecated = yes\n', S + P0 + 'deprecated = yes\n' + P1 + D, S + P0 + D + 'deprecated = yes\n', S + '[storage-policy:0]\n',
    S + '[storage-policy:0]\nname =\n', S + '[storage-policy:0]\nname = a_b\n', S + '[storage-policy:0]\nname = é\n',
    S + '[storage-policy:x]\nname = a\n', S + '[storage-policy:-1]\nname = a\n', S + '[storage-policy: 0]\nname = a\n',
    S + P0 + D + '[storage-policy:1]\nname = ZERO\n', S + P0 + D + '[storage-policy:00]\nname = b\n', S + P0 + D + '[storage-policy:1]\nname = Policy-0\n',
    S + '[storage-policy:0]\nname = policy-0\n', S + P0 + 'aliases = a, b, zero\n', S + P0 + 'aliases = a, A\n', S + P0 + 'aliases = ZERO\n',
    S + P0 + 'aliases = one\n' + D + P1, S + P0 + 'junk = 1\n', '[DEFAULT]\njunk = 1\n' + S + P0, S + P0 + 'policy_type = replication\n',
    S + P0 + 'policy_type = magic\n', S + P0 + EC + EC_NUMBERS, S + P0 + EC, S + P0 + 'policy_type = erasure_coding\n' + EC_NUMBERS,
    S + P0 + EC + EC_NUMBERS.replace('4', '0'), S + P0 + EC + EC_NUMBERS + 'ec_object_segment_size = x\n',
    S + P0 + EC + EC_NUMBERS + 'ec_duplication_factor = 2\n', S + P0 + EC_NUMBERS, S + P0 + 'diskfile_module = egg:swift#replication.fs\n',
    S + P0 + 'aliases = 5%\n', S + P0 + P0, S + '[storage-policy:1_0]\nname = ten\n' + P0 + D,
    S + '[swift-constraints]\nmax_meta_count = 7\n', S + '[swift-constraints]\nmax_meta_count = x\n', S + '[swift-constraints]\nmax_meta_count =\n',
    S + '[swift-constraints]\nvalid_api_versions = v1 , v3,\nauto_create_account_prefix = -\nunknown = x\n',
    '[DEFAULT]\nmax_meta_count = 5\n' + S, '[DEFAULT]\nmax_meta_count = 5\n' + S + '[swift-constraints]\n',
]
