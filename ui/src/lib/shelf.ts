// The shelf of reports in the browser's IndexedDB: numbers come from its key generator, which no two pages share a number of and
// which never goes back; the tablet's id lies beside it, so that a browser that was emptied is another tablet. Absent: sending.
import { freshId } from './queue.svelte'
import type { Kept, Report, Shelf } from './reports'

const NAME = 'socium'
const REPORTS = 'reports'
const TABLET = 'tablet'

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
const over = (act: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    act.oncomplete = () => resolve()
    act.onabort = () => reject(act.error ?? new Error('IndexedDB'))
  })

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(REPORTS, { keyPath: 'number', autoIncrement: true })
    request.result.createObjectStore(TABLET)
  }
  return done(request)
}

export class BrowserShelf implements Shelf {
  #db: Promise<IDBDatabase> | undefined
  #open(): Promise<IDBDatabase> {
    this.#db ??= opened()
    return this.#db
  }
  async tablet(): Promise<string> {
    const act = (await this.#open()).transaction(TABLET, 'readwrite', { durability: 'strict' })
    const store = act.objectStore(TABLET)
    const known = (await done(store.get('id'))) as string | undefined
    const id = known ?? freshId()
    if (known === undefined) store.put(id, 'id')
    await over(act)
    return id
  }
  async add(report: Report): Promise<Kept> {
    const act = (await this.#open()).transaction(REPORTS, 'readwrite', { durability: 'strict' })
    const number = Number(await done(act.objectStore(REPORTS).add({ ...report })))
    await over(act)
    return { ...report, number }
  }
  async all(): Promise<Kept[]> {
    const act = (await this.#open()).transaction(REPORTS, 'readonly')
    return (await done(act.objectStore(REPORTS).getAll())) as Kept[]
  }
  async remove(number: number): Promise<void> {
    const act = (await this.#open()).transaction(REPORTS, 'readwrite', { durability: 'strict' })
    act.objectStore(REPORTS).delete(number)
    await over(act)
  }
}
