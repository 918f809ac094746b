// Addresses after the `#`. Enters: a route table and an address. Leaves: which route it is, its parts and its query.

export interface Found { name: string; parts: Record<string, string>; query: URLSearchParams }

/** Finds the route of an address such as `#/machines/mill-1?hours=8`. */
export function find(table: readonly { name: string; path: string }[], hash: string): Found | undefined {
  const [place = '', query = ''] = hash.replace(/^#/, '').split('?')
  const steps = place.split('/').filter(Boolean)
  for (const { name, path } of table) {
    const wanted = path.split('/').filter(Boolean)
    if (wanted.length !== steps.length) continue
    const parts: Record<string, string> = {}
    const fits = wanted.every((step, i) => {
      const given = decodeURIComponent(steps[i] ?? '')
      if (step.startsWith(':')) parts[step.slice(1)] = given
      return step.startsWith(':') || step === given
    })
    if (fits) return { name, parts, query: new URLSearchParams(query) }
  }
  return undefined
}

/** The address of a page. */
export function to(...steps: string[]): string {
  return `#/${steps.map(encodeURIComponent).join('/')}`
}
