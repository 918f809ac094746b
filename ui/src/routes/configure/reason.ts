// Words of configuring. Enters: reasons and instants of the API. Leaves: text in the language shown.
import type { ChoiceReason } from '../../lib/api/shapes'
import { prefs } from '../../lib/prefs.svelte'
import { t } from '../../lib/words'

/** Why something does not go: a rule in the seller's words, or what was chosen. */
export function sayReason(reason: ChoiceReason): string {
  switch (reason.kind) {
    case 'chosen':
      return t('configure.because.chosen', { x: reason.text })
    case 'left_out':
      return t('configure.because.leftout', { x: reason.text })
    case 'group':
      return t('configure.because.group', { x: reason.text })
    case 'number':
      return t('configure.because.number', { x: reason.text })
    default:
      return reason.text
  }
}

/** A date as customers read it: day of the week, day, time. */
export function dated(at: string): string {
  const when = new Date(at)
  if (Number.isNaN(when.getTime())) return at
  return new Intl.DateTimeFormat(prefs.locale, { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(when)
}
