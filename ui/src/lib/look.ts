// How a share of a stack is drawn: colour and pattern, always together. Enters: codes. Leaves: fills. Absent: words.
import { PATTERNED } from './states'

export interface Look {
  /** A CSS colour. */
  fill: string
  /** A pattern laid over it, if any. */
  pattern: string | null
}

/** One share of a stacked bar. */
export interface Share {
  key: string
  text: string
  value: number
  look: Look
}

/** The look of a machine state. */
export const stateLook = (state: string): Look => ({ fill: `var(--state-${state})`, pattern: PATTERNED.has(state) ? `url(#state-${state})` : null })

/** The six big losses, in the order of the formula of OEE, each with the state whose pattern it carries. */
export const LOSSES = { breakdowns: 'down', set_up: 'set_up', idling: 'starved', reduced_speed: 'standby', defects: 'service', start_up: 'warming_up' } as const

/** The look of a loss. */
export const lossLook = (loss: keyof typeof LOSSES): Look => ({ fill: `var(--loss-${loss})`, pattern: `url(#state-${LOSSES[loss]})` })
