// Language, theme and what was read already. Enters: the browser's settings and the person's choices. Leaves: reactive
// values, remembered in this browser. Absent: anything known to the server.
import { keep, recall } from './store'

export type Language = 'en' | 'zh'
export type Theme = 'system' | 'light' | 'dark'

/** The language of a list of browser languages: Chinese where it comes first, else English. */
export function languageOf(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(zh|en)\b/i.test(tag))
  return first !== undefined && /^zh/i.test(first) ? 'zh' : 'en'
}

function firstLanguage(): Language {
  const kept = recall('language')
  if (kept === 'en' || kept === 'zh') return kept
  return typeof navigator === 'undefined' ? 'en' : languageOf(navigator.languages)
}

function firstTheme(): Theme {
  const kept = recall('theme')
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

class Prefs {
  #language = $state<Language>(firstLanguage())
  #theme = $state<Theme>(firstTheme())
  #introRead = $state(recall('intro') === 'read')
  #systemDark = $state(false)

  constructor() {
    if (typeof matchMedia === 'undefined') return
    const query = matchMedia('(prefers-color-scheme: dark)')
    this.#systemDark = query.matches
    query.addEventListener('change', () => (this.#systemDark = query.matches))
  }

  get language(): Language {
    return this.#language
  }
  set language(next: Language) {
    this.#language = next
    keep('language', next)
  }
  /** BCP 47 tag for numbers and dates. */
  get locale(): string {
    return this.#language === 'zh' ? 'zh-CN' : 'en-GB'
  }
  get theme(): Theme {
    return this.#theme
  }
  set theme(next: Theme) {
    this.#theme = next
    keep('theme', next)
  }
  /** Whether dark colours are shown now. */
  get dark(): boolean {
    return this.#theme === 'system' ? this.#systemDark : this.#theme === 'dark'
  }
  get introRead(): boolean {
    return this.#introRead
  }
  set introRead(read: boolean) {
    this.#introRead = read
    keep('intro', read ? 'read' : '')
  }
}

export const prefs = new Prefs()
