#!/usr/bin/env python3
"""value.py - a history with a known answer, and the answer.

    value.py make DB PATTERNS HISTORY     writes the history: rows, files, JSON
    value.py check HISTORY REPORT [domain=D] [since=DATE] [until=DATE] [rate=N]
    value.py formats REPORT.json CSV HTML MARKDOWN TEXT

`check` computes every number of the report from the list of runs again, with
loops and without SQL, by what agentops(1) and report_figures.def say.
"""
import csv
import datetime
import html.parser
import json
import math
import random
import re
import sqlite3
import sys

DAY = 86400 * 10**6
START = int(datetime.datetime(2026, 1, 3, tzinfo=datetime.timezone.utc)
            .timestamp()) * 10**6
HOSTILE = ['<script>alert(1)</script>', "=cmd|' /C calc'!A0", 'a"b,c;d',
           'two\nlines | `tick` [x](http://e.vil)', '\x1b[31mred\u202e&amp;']
STAGES = ['discovered', 'validated', 'learned', 'deprecated']


def stage_of(executions, successes, old):
    rate = successes / executions if executions else 0
    if executions >= 20 and successes * 10 >= executions * 9:
        return 'learned'
    if executions >= 5 and successes * 10 >= executions * 8:
        return 'validated'
    if (executions >= 5 or old != 'discovered') and executions and rate < 0.6:
        return 'deprecated'
    return 'discovered'


# --- the history ----------------------------------------------------------

def make_run(rng, n, patterns, counts):
    start = START + int(rng.random() * 300 * DAY)
    wait = rng.choice([0, 0, rng.randrange(1, 10**7)])
    work = rng.randrange(1, 4 * 10**6)
    status = rng.choices(['succeeded', 'failed', 'aborted'], [80, 15, 5])[0]
    validations = rng.randrange(0, 6)
    run = dict(id='%06d-%d' % (n, rng.randrange(10**6)), start=start,
               finish=start + (wait + work) * 1000 + rng.randrange(1000),
               wait=wait, status=status,
               phases=[rng.randrange(10**5) for _ in range(4)],
               iterations=rng.randrange(0, 12), steps=rng.randrange(0, 9),
               validations=validations,
               first=rng.randrange(0, validations + 1),
               rework=rng.randrange(0, 4), baseline=0, pattern=None,
               domain=None, replayed=False, task='Tidy the shelf',
               execution=None, spend=[], gates=[])
    plan(rng, run, patterns, counts)
    for planner in (2, 1, 0):
        if rng.random() < 0.3:
            turns = rng.randrange(1, 9)
            run['spend'].append(dict(
                planner=planner, turns=turns, failed=rng.randrange(turns),
                model=rng.choice(['big-1', 'small-2', HOSTILE[0]]),
                unpriced=rng.randrange(turns), input=rng.randrange(10**6),
                output=rng.randrange(10**5), cost=rng.randrange(10**6)))
    at = start
    for _ in range(rng.randrange(0, 3)):
        at += rng.randrange(10**6)
        run['gates'].append(dict(kind=rng.choice(['plan', 'review', 'limit']),
                                 opened=at, decided=at + rng.randrange(10**8)))
    return run


def plan(rng, run, patterns, counts):
    if rng.random() < 0.1:
        run['task'] = rng.choice(['Draw a model of it', 'Tidy the shelf'])
        if rng.random() < 0.2:
            run['domain'] = 'analytics'  # planned by hand, never learnt
        return
    p = rng.choice(patterns)
    run.update(pattern=p['id'], domain=p['domain'])
    run['replayed'] = rng.random() < 0.7
    run['baseline'] = rng.choice([0, p['baseline']])
    n, good, stage = counts.get(p['id'], (0, 0, 'discovered'))
    ok = run['status'] == 'succeeded'
    run['execution'] = dict(created=n == 0, executions=n, successes=good,
                            stage=stage, ok=ok)
    n, good = n + 1, good + ok
    counts[p['id']] = (n, good, stage_of(n, good, stage))


def make_history():
    rng = random.Random(5)
    domains = ['analytics', 'devops', 'security'] + HOSTILE
    patterns = [dict(id='pattern-%d' % i, domain=domains[i % len(domains)],
                     baseline=rng.choice([15.5, 60, 240]),
                     created=START + (i - 5) * 20 * DAY)
                for i in range(14)]
    counts = {}
    runs = [make_run(rng, n, patterns, counts) for n in range(3000)]
    others = [dict(id='open-%d' % i, start=START + i * 10 * DAY,
                   status=rng.choice(['running', 'parked', 'failed']),
                   pattern=rng.choice([None, 'pattern-0', 'pattern-1']),
                   cost=rng.randrange(10**6)) for i in range(25)]
    return dict(patterns=patterns, counts=counts, runs=runs, others=others)


def insert_run(db, r):
    db.execute('INSERT INTO run VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
               (r['id'], r['task'], '/', 'offline',
                r['pattern'] if r['replayed'] else None, r['status'], 'learn',
                'low', None, r['iterations'], 30, 0, r['start'], r['finish'],
                1, ''))
    db.execute('INSERT INTO metrics VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'
               '?)',
               (r['id'], r['pattern'], r['domain'], r['status'], r['start'],
                r['finish'], *r['phases'], r['wait'], r['iterations'],
                r['steps'], r['validations'], r['first'], r['rework'],
                r['baseline'], 'pattern' if r['baseline'] else None))
    for s in r['spend']:
        insert_spend(db, r['id'], s)
    for n, g in enumerate(r['gates']):
        db.execute('INSERT INTO gate(run, number, kind, opened_us, decided_us)'
                   ' VALUES(?,?,?,?,?)',
                   (r['id'], n, g['kind'], g['opened'], g['decided']))
    e = r['execution']
    if e:
        db.execute('INSERT INTO execution VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
                   (r['id'], r['pattern'], r['task'],
                    'success' if e['ok'] else 'failed', r['start'],
                    (r['finish'] - r['start']) // 1000, r['wait'],
                    r['iterations'], '', e['created'], e['executions'],
                    e['successes'], 0, STAGES.index(e['stage'])))


def insert_spend(db, run, s):
    db.execute('INSERT INTO spend VALUES(?,?,?,?,?,?,?,?,?)',
               (run, s['planner'], s['model'], s['turns'], s['failed'],
                s['unpriced'], s['input'], s['output'], s['cost']))


def insert_other(db, r):
    db.execute('INSERT INTO run VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
               (r['id'], 'Open', '/', 'offline', r['pattern'], r['status'],
                'plan', 'low', None, 0, 30, 1, r['start'], r['start'], 1, ''))
    insert_spend(db, r['id'], dict(planner=1, model='big-1', turns=1, failed=0,
                                   unpriced=0, input=1, output=1,
                                   cost=r['cost']))


def write_pattern(folder, p, counts):
    n, good, stage = counts
    iso = datetime.datetime.fromtimestamp(
        p['created'] // 10**6, datetime.timezone.utc).isoformat()
    used = datetime.datetime.fromtimestamp(
        (START + 150 * DAY) // 10**6, datetime.timezone.utc).isoformat()
    with open('%s/%s/%s.md' % (folder, stage, p['id']), 'w') as f:
        f.write('---\npattern_id: %s\nname: %s\ndescription: d\n'
                'category: %s\nworkflow_steps: [a]\ncreated_at: %s\n'
                'last_used: %s\nexecutions: %d\nsuccessful_executions: %d\n'
                'failed_executions: %d\nstatus: %s\n---\n'
                % (p['id'], p['id'], json.dumps(p['domain']), iso, used, n,
                   good, n - good, stage))


def make(db_file, folder, history_file):
    h = make_history()
    db = sqlite3.connect(db_file)
    with db:
        for r in h['runs']:
            insert_run(db, r)
        for r in h['others']:
            insert_other(db, r)
    db.close()
    for p in h['patterns']:
        write_pattern(folder, p, h['counts'][p['id']])
    with open(history_file, 'w') as f:
        json.dump(h, f)


# --- the answer -----------------------------------------------------------

def ratio(a, b):
    return a / b if b else None


def work_ms(r):
    return max((r['finish'] - r['start']) // 1000 - r['wait'], 0)


def claims(r):
    return r['baseline'] > 0 and r['status'] == 'succeeded' and work_ms(r) > 0


def group(runs, rate):
    """The columns of one row of a table of runs."""
    with_base = [r for r in runs if claims(r)]
    base = sum(r['baseline'] for r in with_base)
    worked = sum(work_ms(r) for r in with_base) / 60000
    saved = base - worked if with_base else None
    return dict(
        saved_minutes=saved, speedup=ratio(base, worked),
        saved_usd=saved / 60 * rate if with_base and rate else None,
        runs=len(runs),
        success_rate=ratio(len([r for r in runs
                                if r['status'] == 'succeeded']), len(runs)),
        first_time_rate=ratio(sum(r['first'] for r in runs),
                              sum(r['validations'] for r in runs)),
        rework_per_run=ratio(sum(r['rework'] for r in runs), len(runs)),
        cost_usd=sum(s['cost'] for r in runs for s in r['spend']) / 1e6)


def figures_time(runs, others, rate):
    g = group(runs, rate)
    with_base = [r for r in runs if claims(r)]
    good = [r for r in runs if r['status'] == 'succeeded']

    def count(status):
        return len([r for r in runs if r['status'] == status])
    return dict(
        runs=len(runs), succeeded=count('succeeded'), failed=count('failed'),
        aborted=count('aborted'),
        open_runs=len([o for o in others if o['status'] != 'failed']),
        unmeasured=len([o for o in others if o['status'] == 'failed']),
        speedup=g['speedup'], saved_minutes=g['saved_minutes'],
        saved_usd=g['saved_usd'], hourly_usd=rate,
        baseline_minutes=sum(r['baseline'] for r in with_base)
        if with_base else None,
        baseline_work_minutes=sum(map(work_ms, with_base)) / 60000
        if with_base else None,
        with_baseline=len(with_base),
        without_baseline=len(good) - len(with_base),
        work_minutes=sum(map(work_ms, runs)) / 60000,
        lost_minutes=sum(work_ms(r) for r in runs if r not in good) / 60000,
        research_minutes=sum(r['phases'][0] for r in runs) / 60000,
        plan_minutes=sum(r['phases'][1] for r in runs) / 60000,
        implement_minutes=sum(r['phases'][2] for r in runs) / 60000)


def figures_quality(runs):
    total = {k: sum(r[k] for r in runs)
             for k in ('iterations', 'rework', 'validations', 'first', 'wait')}
    return dict(
        success_rate=ratio(len([r for r in runs
                                if r['status'] == 'succeeded']), len(runs)),
        first_time_rate=ratio(total['first'], total['validations']),
        validations=total['validations'], iterations=total['iterations'],
        iterations_per_run=ratio(total['iterations'], len(runs)),
        rework=total['rework'],
        rework_per_run=ratio(total['rework'], len(runs)),
        wait_minutes=total['wait'] / 60000,
        wait_share=ratio(total['wait'],
                         total['wait'] + sum(map(work_ms, runs))),
        error_reduction=None)


def figures_business(runs, library, since, until, now):
    planned = [r for r in runs if r['pattern']]
    reached = dict.fromkeys(STAGES, 0)
    for r in planned:
        e = r['execution']
        stage = stage_of(e['executions'] + 1, e['successes'] + e['ok'],
                         e['stage'])
        if stage != e['stage']:
            reached[stage] += 1
    first = since or min((r['start'] for r in runs), default=0)
    end = min(until or now, now)
    before = len([p for p in library if p['created'] < first])
    after = len([p for p in library if p['created'] < (until or now)])
    months = (end - first) / (30.4375 * DAY)
    return dict(
        captured=len([r for r in planned if r['execution']['created']]),
        reached_validated=reached['validated'],
        reached_learned=reached['learned'],
        reached_deprecated=reached['deprecated'], planned=len(planned),
        replayed=len([r for r in planned if r['replayed']]),
        reuse_rate=ratio(len([r for r in planned if r['replayed']]),
                         len(planned)),
        library_start=before, library_end=after,
        library_growth=(after / before) ** (1 / months) - 1
        if before and first and months >= 1 else None)


def figures_cost(runs, others, saved_usd):
    spend = [s for r in runs for s in r['spend']]
    cost = sum(s['cost'] for s in spend) / 1e6
    good = [r for r in runs if r['status'] == 'succeeded']
    lost = sum(s['cost'] for r in runs if r['status'] != 'succeeded'
               for s in r['spend']) / 1e6
    return dict(
        cost_usd=cost, model_turns=sum(s['turns'] for s in spend),
        unpriced_turns=sum(s['unpriced'] for s in spend),
        input_tokens=sum(s['input'] for s in spend),
        output_tokens=sum(s['output'] for s in spend),
        cost_per_accepted_usd=ratio(cost, len(good)),
        cost_per_model_result_usd=ratio(
            cost, len([r for r in good if r['spend']])),
        cost_failed_usd=lost, cost_failed_share=ratio(lost, cost),
        value_multiple=ratio(saved_usd, cost) if saved_usd is not None
        else None,
        cost_open_usd=sum(o['cost'] for o in others
                          if o['status'] != 'failed') / 1e6)


def tables(runs, library, counts, rate):
    def by(key, none=None):
        groups = {}
        for r in runs:
            name = key(r) or none
            if name:
                groups.setdefault(name, []).append(r)
        return {name: group(g, rate) for name, g in groups.items()}
    models, gates, stages = {}, {}, {}
    for s in [s for r in runs for s in r['spend']]:
        name = '%s: %s' % (('implement', 'plan', 'research')[s['planner']],
                           s['model'])
        m = models.setdefault(name, dict.fromkeys(
            ['cost_usd', 'turns', 'failed_turns', 'unpriced_turns',
             'input_tokens', 'output_tokens'], 0))
        m['cost_usd'] += s['cost'] / 1e6
        m['turns'] += s['turns']
        m['failed_turns'] += s['failed']
        m['unpriced_turns'] += s['unpriced']
        m['input_tokens'] += s['input']
        m['output_tokens'] += s['output']
    for g in [g for r in runs for g in r['gates']]:
        row = gates.setdefault(g['kind'], dict(open_minutes=0, gates=0))
        row['open_minutes'] += (g['decided'] - g['opened']) / 6e7
        row['gates'] += 1
    for row in gates.values():
        row['mean_minutes'] = row['open_minutes'] / row['gates']
    for p in library:
        stage = counts[p['id']][2] if p['id'] in counts else 'discovered'
        stages.setdefault(stage, dict(patterns=0))['patterns'] += 1
    month = {m['id']: datetime.datetime.fromtimestamp(
        m['start'] // 10**6, datetime.timezone.utc).strftime('%Y-%m')
        for m in runs}
    return dict(patterns=by(lambda r: r['pattern']),
                domains=by(lambda r: r['domain'], '(no plan)'),
                months=by(lambda r: month[r['id']]),
                models=models, gates=gates, library=stages)


def advice(runs, library, counts, now):
    """(rule, subject): the numbers that made it fire."""
    found = {}
    for p in library:
        n, good, stage = counts.get(p['id'], (0, 0, 'discovered'))
        if not n:
            continue
        for more in (1, 2, 3):
            nxt = stage_of(n + more, good + more, stage)
            if stage in ('discovered', 'validated') and \
                    STAGES.index(nxt) > STAGES.index(stage) and \
                    nxt != 'deprecated':
                found['promote', p['id']] = dict(executions=n, successes=good,
                                                 more_runs=more)
                break
        if stage == 'deprecated':
            found['retire', p['id']] = dict(executions=n, successes=good)
        days = (now - START - 150 * DAY) // DAY
        if days > 180:
            found['unused', p['id']] = dict(days=days, executions=n)
    proven = {p['domain'] for p in library if p['id'] in counts and
              counts[p['id']][2] in ('validated', 'learned')}
    for key, rows in (('pattern', 'patterns'), ('domain', 'domains')):
        for name in {r[key] for r in runs if r[key]}:
            group_advice(found, key, name,
                         [r for r in runs if r[key] == name], proven)
    lost = {}
    for r in runs:
        if not r['pattern']:
            domain = 'ai-ml' if 'model' in r['task'] else 'general'
            lost[domain] = lost.get(domain, 0) + 1
    for domain, n in lost.items():
        if n >= 3:
            found['unplanned', domain] = dict(tasks=n)
    return found


def group_advice(found, key, name, mine, proven):
    good = len([r for r in mine if r['status'] == 'succeeded'])
    tried = sum(r['validations'] for r in mine)
    first = sum(r['first'] for r in mine)
    if key == 'domain':
        if len(mine) >= 3 and name not in proven:
            found['domain', name] = dict(runs=len(mine), succeeded=good)
        return
    if (len(mine) >= 5 and good < 0.8 * len(mine)) or \
            (tried >= 5 and first < 0.8 * tried):
        found['revise', name] = dict(runs=len(mine), succeeded=good,
                                     validations=tried,
                                     validations_first=first)
    bare = good - len([r for r in mine if claims(r)])
    if bare >= 3:
        found['baseline', name] = dict(without_baseline=bare)


# --- comparing -------------------------------------------------------------

def same(what, got, want):
    if want is None or got is None:
        assert got is want, '%s: %r, expected %r' % (what, got, want)
    else:
        assert math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-9), \
            '%s: %r, expected %r' % (what, got, want)


def micros(text):
    return int(datetime.datetime.fromisoformat(text + '+00:00').timestamp()
               ) * 10**6


def check(history_file, report_file, options):
    with open(history_file) as f:
        h = json.load(f)
    with open(report_file) as f:
        report = json.load(f)
    domain = options.get('domain')
    since = micros(options['since']) if 'since' in options else 0
    until = micros(options['until']) + DAY if 'until' in options else 0
    rate = float(options['rate']) if 'rate' in options else None
    now = int(datetime.datetime.fromisoformat(
        report['generated'].replace('Z', '+00:00')).timestamp() * 10**6)
    of_pattern = {p['id']: p['domain'] for p in h['patterns']}

    def chosen(r, its_domain):
        return (domain is None or its_domain == domain) and \
            since <= r['start'] and (not until or r['start'] < until)
    runs = [r for r in h['runs'] if chosen(r, r['domain'])]
    others = [o for o in h['others']
              if chosen(o, of_pattern.get(o['pattern']))]
    library = [p for p in h['patterns']
               if domain is None or p['domain'] == domain]
    want = figures_time(runs, others, rate)
    want.update(figures_quality(runs))
    want.update(figures_business(runs, library, since, until, now))
    want.update(figures_cost(runs, others, want['saved_usd']))
    got = {f['key']: f['value'] for f in report['figures']}
    assert set(got) == set(want), set(got) ^ set(want)
    for key in want:
        same(key, got[key], want[key])
    check_tables(report, tables(runs, library, h['counts'], rate))
    check_advice(report, advice(runs, library, h['counts'], now))
    print('%d runs: %d figures, %d rows, %d recommendations agree'
          % (len(runs), len(want), sum(len(t['rows'])
                                       for t in report['tables']),
             len(report['recommendations'])))


def check_tables(report, want):
    for t in report['tables']:
        rows = {r['name']: r for r in t['rows']}
        assert len(rows) == len(t['rows']), t['key']
        assert set(rows) == set(want[t['key']]), \
            (t['key'], set(rows) ^ set(want[t['key']]))
        for name, row in rows.items():
            for column in t['columns']:
                same('%s of %s' % (column['key'], name), row[column['key']],
                     want[t['key']][name][column['key']])
    keys = {t['key'] for t in report['tables']}
    assert keys == set(want), keys ^ set(want)


def check_advice(report, want):
    got = {(a['rule'], a['subject']): a['numbers']
           for a in report['recommendations']}
    assert len(got) == len(report['recommendations'])
    for key, numbers in got.items():
        assert want.get(key) == numbers, (key, numbers, want.get(key))
    told = {}
    for rule, _ in got:
        told[rule] = told.get(rule, 0) + 1
    for rule in {rule for rule, _ in want}:
        n = len([1 for r, _ in want if r == rule])
        assert told[rule] == min(n, 10), (rule, told.get(rule), n)
        assert report['more_recommendations'].get(rule, 0) == max(n - 10, 0)


# --- the other formats ------------------------------------------------------

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ''

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [a for a, _ in attrs if a.startswith('on')], attrs

    def handle_data(self, data):
        self.text += data


def formats(json_file, csv_file, html_file, markdown_file, text_file):
    with open(json_file) as f:
        report = json.load(f)
    with open(csv_file, newline='') as f:
        rows = list(csv.reader(f))
    assert all(len(r) == 7 for r in rows), [r for r in rows if len(r) != 7]
    for row in rows:
        for i, cell in enumerate(row):
            assert i == 3 or cell[:1] not in tuple('=+-@'), row
    values = {r[2]: r[3] for r in rows if r[0] in
              {f['section'] for f in report['figures']}}
    for f in report['figures']:
        same(f['key'], float(values[f['key']]) if values[f['key']] else None,
             f['value'])
    names = {r[1] for r in rows if r[0] == 'By domain'}
    assert "'" + HOSTILE[1] in names and HOSTILE[2] in names, names
    page = Page()
    with open(html_file) as f:
        page.feed(f.read())
    assert page.tags <= set('html head meta title style body h1 h2 p br table '
                            'tr td th small div ul li b'.split()), page.tags
    assert HOSTILE[0] in page.text and HOSTILE[1] in page.text
    with open(markdown_file) as f:
        markdown = f.read()
    for block in re.findall(r'(?:^\|.*\n)+', markdown, re.M):
        cells = {len(re.findall(r'(?<!\\)\|', line))
                 for line in block.splitlines()}
        assert len(cells) == 1, block
    assert '<' not in re.sub(r'\\<|fewer|&lt;', '', markdown)
    for name in (csv_file, html_file, markdown_file, text_file):
        with open(name, 'rb') as f:
            data = f.read()
        assert b'\x1b' not in data and '\u202e'.encode() not in data, name
    with open(text_file) as f:
        text = f.read()
    for f in report['figures']:
        assert f['label'] + ':' in text, f['label']
        assert f['source'] in ('measured', 'entered', 'derived')
    assert text.count('(entered)') >= 1 and text.count('(derived:') >= 8


if __name__ == '__main__':
    if sys.argv[1] == 'make':
        make(*sys.argv[2:5])
    elif sys.argv[1] == 'check':
        check(sys.argv[2], sys.argv[3],
              dict(a.split('=', 1) for a in sys.argv[4:]))
    else:
        formats(*sys.argv[2:7])
