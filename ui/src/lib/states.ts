// Machine states as the pages draw them: order in legends, and strips of time. Enters: stretches. Leaves: paths and shares.
// Absent: colours (tokens.css) and words.
import type { Stretch } from './api/shapes'

/** Every state, in the order of legends and stacks: from making pieces to failed. */
export const STATES = ['producing', 'set_up', 'warming_up', 'starved', 'blocked', 'standby', 'off', 'service', 'down', 'unknown'] as const
export type State = (typeof STATES)[number]

/** States whose fill carries a pattern, so that colour is never the only sign. */
export const PATTERNED: ReadonlySet<string> = new Set(['set_up', 'warming_up', 'starved', 'blocked', 'standby', 'service', 'down'])

/** Share of the window spent in each state, largest first. */
export function shares(stretches: readonly Stretch[], from: number, to: number): { state: string; share: number }[] {
  const sums = new Map<string, number>()
  for (const s of stretches) {
    const length = Math.min(Date.parse(s.to), to) - Math.max(Date.parse(s.from), from)
    if (length > 0) sums.set(s.state, (sums.get(s.state) ?? 0) + length)
  }
  const all = to - from
  return [...sums].map(([state, length]) => ({ state, share: length / all })).sort((a, b) => b.share - a.share)
}

/** The state at an instant, with its stretch. */
export function at(stretches: readonly Stretch[], when: number): Stretch | undefined {
  return stretches.find((s) => Date.parse(s.from) <= when && when < Date.parse(s.to))
}

/**
 * One SVG path per state over `slots` equal slots of the window. A slot shows the state that filled most of it, so that
 * thousands of short stretches stay a few hundred bars. Failures are never hidden: a slot with any `down` shows it.
 */
export function strips(stretches: readonly Stretch[], from: number, to: number, slots: number): Map<string, string> {
  const size = (to - from) / slots
  const filled: Map<string, number>[] = Array.from({ length: slots }, () => new Map<string, number>())
  for (const s of stretches) {
    const start = Math.max(Date.parse(s.from), from)
    const end = Math.min(Date.parse(s.to), to)
    for (let i = Math.max(0, Math.floor((start - from) / size)); i < slots && from + i * size < end; i++) {
      const part = Math.min(end, from + (i + 1) * size) - Math.max(start, from + i * size)
      const slot = filled[i]
      if (part > 0 && slot !== undefined) slot.set(s.state, (slot.get(s.state) ?? 0) + part)
    }
  }
  const paths = new Map<string, string>()
  let i = 0
  while (i < slots) {
    const state = ruling(filled[i])
    let end = i + 1
    while (end < slots && ruling(filled[end]) === state) end++
    if (state !== undefined) paths.set(state, `${paths.get(state) ?? ''}M${i} 0H${end}V1H${i}Z`)
    i = end
  }
  return paths
}

function ruling(slot: Map<string, number> | undefined): string | undefined {
  if (slot === undefined || slot.size === 0) return undefined
  if (slot.has('down')) return 'down'
  return [...slot].reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}

/** Round instants for a time axis: at most about `most` of them between two instants. */
export function ticks(from: number, to: number, most: number): number[] {
  const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400].map((s) => s * 1000)
  const step = steps.find((s) => (to - from) / s <= most) ?? 86_400_000
  const shift = new Date(from).getTimezoneOffset() * 60_000
  const first = Math.ceil((from - shift) / step) * step + shift
  const found: number[] = []
  for (let tick = first; tick <= to; tick += step) found.push(tick)
  return found
}
