// Readings that were typed and not yet answered. Enters: readings of a person. Leaves: what the door said of each. Kept in the
// browser until they are answered, so that a lost connection loses nothing; each carries an id, so that a repeated sending is
// one reading. Absent: pages.
import { api, Refusal } from './api/client'
import type { ReadingAnswer } from './api/shapes'

const KEPT = 'socium.readings'
const AGAIN_MS = 4_000
/** Readings kept at most; beyond it no more can be typed. */
export const QUEUE_MAX = 500

export interface Typed { client_id: string; channel: string; at: string; value: number | string; who: string }
/** What became of a reading: stored, refused by the door, refused before it (a wrong form), or waiting for the connection. */
export interface Fate { typed: Typed; answer?: ReadingAnswer; refusal?: Refusal; waits?: boolean }

function kept(): Typed[] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(all) ? (all as Typed[]) : []
  } catch {
    return []
  }
}

export class Queue {
  waiting = $state.raw<Typed[]>(kept())
  fates = $state.raw<Record<string, Fate>>({})
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending = false
  #answered: () => void = () => undefined

  /** Sends what waits, again and again until all is answered. */
  begin(answered: () => void): void {
    this.#answered = answered
    void this.#send()
  }
  end(): void {
    clearTimeout(this.#timer)
  }
  /** Takes one reading in; `false` when there is no more room. */
  add(typed: Typed): boolean {
    if (this.waiting.length >= QUEUE_MAX) return false
    this.#keep([...this.waiting, typed])
    this.#tell(typed, { typed, waits: true })
    void this.#send()
    return true
  }

  #keep(all: Typed[]): void {
    this.waiting = all
    localStorage.setItem(KEPT, JSON.stringify(all))
  }
  #tell(typed: Typed, fate: Fate): void {
    this.fates = { ...this.fates, [typed.channel]: fate }
  }
  async #send(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#sending) return
    this.#sending = true
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      try {
        const { client_id, channel, at, value } = first
        this.#tell(first, { typed: first, answer: await api.enterReading({ client_id, channel, at, value }) })
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'no_answer', message: String(error) })
        // no answer, no session, or busy: the reading is kept and sent again
        if ([0, 401, 429, 503].includes(refusal.status)) {
          this.#tell(first, { typed: first, waits: true })
          this.#timer = setTimeout(() => void this.#send(), AGAIN_MS)
          break
        }
        this.#tell(first, { typed: first, refusal })
      }
      this.#keep(this.waiting.filter((t) => t.client_id !== first.client_id))
      this.#answered()
    }
    this.#sending = false
  }
}

/** A number as people type it, with a point or a comma; `undefined` where it is none. */
export function typedNumber(text: string): number | undefined {
  const plain = text.trim().replace(/[\s\u2009\u202f']/g, '')
  if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/.test(plain)) return undefined
  const number = Number(plain.replace(',', '.'))
  return Number.isFinite(number) ? number : undefined
}

/** An id for a reading, 20 characters. */
export function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(10))].map((b) => b.toString(16).padStart(2, '0')).join('')
}
