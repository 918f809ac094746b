// What this browser remembers between visits. Enters: keys and words. Leaves: words. A browser that forbids it forgets.

/** The word kept under a key, if any. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`socium.${key}`)
  } catch {
    return null
  }
}

/** Keeps a word under a key. */
export function keep(key: string, word: string): void {
  try {
    localStorage.setItem(`socium.${key}`, word)
  } catch {
    // private windows may forbid it; the choice then lasts until the page is closed
  }
}
