// Words for people in their language. Enters: keys and figures. Leaves: text. A code without words is shown readable and
// noted on the page, so that the browser tests find it.
import { prefs, type Language } from '../prefs.svelte'
import { en } from './en'
import { zh } from './zh'

export type Key = keyof typeof en
export type Words = Record<Key, string>
export type Figures = Record<string, string | number>

export const WORDS: Record<Language, Words> = { en, zh }

/** Fills `{places}` and chooses between `one|many` by the figure `n`. */
export function fill(text: string, figures: Figures, language: Language): string {
  let chosen = text
  if (text.includes('|') && typeof figures.n === 'number') {
    const forms = text.split('|')
    chosen = (new Intl.PluralRules(language).select(figures.n) === 'one' ? forms[0] : forms.at(-1)) ?? text
  }
  return chosen.replace(/\{(\w+)\}/g, (whole, place: string) => {
    const value = figures[place]
    if (value === undefined) return whole
    return typeof value === 'number' ? new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en-GB').format(value) : value
  })
}

/** The words of a key in the language shown. */
export function t(key: Key, figures: Figures = {}): string {
  return fill(WORDS[prefs.language][key], figures, prefs.language)
}

const missing = new Set<string>()

function note(key: string): void {
  if (missing.has(key) || typeof document === 'undefined') return
  missing.add(key)
  document.documentElement.dataset.missing = [...missing].join(' ')
}

/** Whether there are words for a code of a family, such as `cause` and `air_leak`. */
export function knows(family: string, code: string): boolean {
  return `${family}.${code}` in en
}

/** The words of a code that came from the unit. */
export function word(family: string, code: string, figures: Figures = {}): string {
  const key = `${family}.${code}`
  if (key in en) return t(key as Key, figures)
  note(key)
  return code.replaceAll('_', ' ')
}
