// Something fetched and kept fresh while a page shows it. Enters: a question. Leaves: its newest answer or why there is none.
// What the question reads is tracked, so a changed name or filter asks anew; an answer that comes too late is dropped.
import { untrack } from 'svelte'
import { Refusal } from './api/client'

export class Fresh<T> {
  value = $state.raw<T | undefined>(undefined)
  trouble = $state.raw<Refusal | undefined>(undefined)
  #again: () => void = () => undefined

  /** Asks again now. */
  reload(): void {
    this.#again()
  }

  follow(question: () => Promise<T>, every_ms: number): void {
    $effect(() => {
      let number = 0
      let gone = false
      const settle = (mine: number, then: () => void) => {
        if (!gone && mine === number) then()
      }
      const run = () => {
        const mine = ++number
        question().then(
          (answer) => settle(mine, () => ((this.value = answer), (this.trouble = undefined))),
          (error: unknown) => settle(mine, () => (this.trouble = error instanceof Refusal ? error : new Refusal(0, { code: 'no_answer', message: String(error) }))),
        )
      }
      run()
      untrack(() => (this.#again = run))
      const timer = every_ms > 0 ? setInterval(() => document.hidden || run(), every_ms) : undefined
      return () => {
        gone = true
        clearInterval(timer)
      }
    })
  }
}

/** Call while a component is set up. `every_ms` of 0 asks only when what the question reads changes. */
export function fresh<T>(question: () => Promise<T>, every_ms = 0): Fresh<T> {
  const kept = new Fresh<T>()
  kept.follow(question, every_ms)
  return kept
}
