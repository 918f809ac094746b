// The stream of what is true now. Enters: server-sent events of the unit. Leaves: the newest unit, a tick whenever a record
// was made or changed, and the state of the connection. Reconnects by itself; silence counts as a lost connection.
import { api, BASE, Refusal } from './api/client'
import type { RecordBrief, Unit } from './api/shapes'
import { me } from './me.svelte'

export type Connection = 'connecting' | 'live' | 'lost'

const SILENCE_MS = 8_000
const RETRY_MS = 3_000
const TICK_MS = 2_000

class Live {
  unit = $state.raw<Unit | null>(null)
  connection = $state<Connection>('connecting')
  /** Rises, with pauses, when records were made or changed. */
  tick = $state(0)
  #source: EventSource | null = null
  #heard = 0
  #watch: ReturnType<typeof setInterval> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #due: ReturnType<typeof setTimeout> | undefined

  /** Starts listening; call once signed in. */
  start(): void {
    this.stop()
    this.#open()
    this.#watch = setInterval(() => this.#look(), 1_000)
    api.unit().then(
      (unit) => (this.unit ??= unit),
      () => undefined,
    )
  }

  /** Stops listening and forgets what was heard. */
  stop(): void {
    clearInterval(this.#watch)
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = null
    this.connection = 'connecting'
  }

  #open(): void {
    this.#source?.close()
    const source = new EventSource(`${BASE}/live`)
    this.#source = source
    this.#heard = performance.now()
    source.addEventListener('unit', (event) => this.#take(JSON.parse((event as MessageEvent<string>).data) as Unit))
    source.addEventListener('record', (event) => this.#note(JSON.parse((event as MessageEvent<string>).data) as RecordBrief))
    source.addEventListener('missed', () => (this.tick += 1))
    source.addEventListener('error', () => this.#lose())
  }

  #take(unit: Unit): void {
    this.unit = unit
    this.#heard = performance.now()
    this.connection = 'live'
  }

  #note(record: RecordBrief): void {
    this.#heard = performance.now()
    if (this.unit !== null) {
      const latest = [record, ...this.unit.latest.filter((r) => r.id !== record.id)].slice(0, 20)
      this.unit = { ...this.unit, latest }
    }
    if (this.#due !== undefined) return
    this.#due = setTimeout(() => {
      this.#due = undefined
      this.tick += 1
    }, TICK_MS)
  }

  #look(): void {
    if (this.connection === 'live' && performance.now() - this.#heard > SILENCE_MS) this.#lose()
  }

  #lose(): void {
    if (this.#source === null) return
    this.#source.close()
    this.connection = 'lost'
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#again(), RETRY_MS)
  }

  async #again(): Promise<void> {
    try {
      me.take(await api.session())
      this.#open()
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) void api.unit().catch(() => undefined)
      else this.#lose()
    }
  }
}

export const live = new Live()
