// The one outbox of reports of this browser, on whatever page one is. Enters: reports. Leaves: what waits, the newest fates.
import { api } from './api/client'
import { me } from './me.svelte'
import { Outbox, type Fate, type Kept, type Report } from './reports'
import { BrowserShelf } from './shelf'

const AGAIN_MS = 4_000
/** How long a stored report is shown as done before the unit's own view of it is fresh enough [ms]. */
const SETTLES_MS = 2_500
const FATES_MAX = 12

class Reports {
  waiting = $state.raw<Kept[]>([])
  /** Stored, but perhaps not in the unit's view yet. */
  settling = $state.raw<Kept[]>([])
  fates = $state.raw<Fate[]>([])
  /** Rises when a report was answered. */
  answered = $state(0)
  #timer: ReturnType<typeof setTimeout> | undefined
  #box = new Outbox(
    new BrowserShelf(),
    async (machine, report) => {
      // opened without a connection: the token of this session is not known yet
      if (me.session?.csrf === '') await me.ask()
      return api.report(machine, report)
    },
    (waiting, fate) => this.#told(waiting, fate),
  )

  /** Sends what waits, again and again. */
  begin(): void {
    clearTimeout(this.#timer)
    this.#box
      .drain()
      .catch(() => false)
      .then((all) => {
        if (!all) this.#timer = setTimeout(() => this.begin(), AGAIN_MS)
      })
  }
  end(): void {
    clearTimeout(this.#timer)
  }
  /** Takes a report in; `false` when it could not be kept. */
  async add(report: Report): Promise<boolean> {
    const kept = await this.#box.add(report).catch(() => false)
    if (kept) this.begin()
    return kept
  }

  #told(waiting: Kept[], fate?: Fate): void {
    this.waiting = waiting
    if (fate === undefined) return
    this.fates = [fate, ...this.fates].slice(0, FATES_MAX)
    if (fate.answer?.is_stored) {
      this.settling = [...this.settling, fate.report]
      setTimeout(() => (this.settling = this.settling.filter((r) => r !== fate.report)), SETTLES_MS)
    }
    this.answered += 1
  }
}

export const outbox = new Reports()
