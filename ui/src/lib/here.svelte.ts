// Where the person is: the address after the `#`. Enters: hash changes. Leaves: the address, its parts, its query.
// Absent: the route table.
import type { Found } from './path'

class Here {
  hash = $state(typeof location === 'undefined' ? '' : location.hash)
  found = $state.raw<Found | undefined>(undefined)

  constructor() {
    if (typeof window !== 'undefined') window.addEventListener('hashchange', () => (this.hash = location.hash))
  }
  /** A part of the address, such as the machine's name. Read it once while a page is set up. */
  part(name: string): string {
    return this.found?.parts[name] ?? ''
  }
  /** A word of the query. */
  query(name: string): string | null {
    return this.found?.query.get(name) ?? null
  }
}

export const here = new Here()
