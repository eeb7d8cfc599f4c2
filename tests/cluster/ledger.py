"""What was asked for and what of it was acknowledged; what must and what may be in the databases for that."""
import collections

NOTHING = '0000000000.00000'


class Attempts:
    """All that was tried with one thing: stamp -> was it deleted by it. `acknowledged` is the latest that somebody
    confirmed to have."""

    def __init__(self):
        self.stamps, self.acknowledged, self.confirmations = {}, NOTHING, 0

    def tried(self, stamp, deleted):
        self.stamps[stamp] = deleted

    def confirmed(self, stamp):
        self.acknowledged = max(self.acknowledged, stamp)
        self.confirmations += 1


class Ledger:
    """`rows` by (database, row's name), `lives` by database: PUT and DELETE of the database itself."""

    def __init__(self):
        self.rows = collections.defaultdict(Attempts)
        self.lives = collections.defaultdict(Attempts)

    def acknowledgements(self):
        return sum(attempts.confirmations for kept in (self.rows, self.lives) for attempts in kept.values())

    def problems_of_rows(self, database, found):
        """`found`: row's name -> (time of its last put, of its last delete, is it deleted)."""
        for (name, row), attempts in self.rows.items():
            if name != database:
                continue
            last = max(found[row][:2]) if row in found else NOTHING
            if last < attempts.acknowledged:
                yield f'{database}/{row}: {attempts.acknowledged} was acknowledged, {last} is there'
            elif last != NOTHING and attempts.stamps.get(last) != bool(found[row][2]):
                yield f'{database}/{row}: deleted is {found[row][2]} at {last}, tried were {attempts.stamps}'
        for row in found:
            if (database, row) not in self.rows:
                yield f'{database}/{row}: nobody wrote it'

    def problem_of_life(self, database, put, deleted):
        """The times of the last PUT and DELETE of the database that it knows of."""
        attempts = self.lives[database]
        if max(put, deleted) < attempts.acknowledged:
            return f'{database}: {attempts.acknowledged} was acknowledged, it has put {put}, deleted {deleted}'
        last = max(put, deleted)
        if last in attempts.stamps and attempts.stamps[last] != (deleted > put):
            return f'{database}: put {put}, deleted {deleted}, tried were {attempts.stamps}'
        return None

    def must_exist(self, database):
        return self.lives[database].acknowledged != NOTHING
