// The chart library, only the parts used, fetched when the first chart is shown. Enters: a series and colours. Leaves: an
// option for ECharts. Tooltips are drawn on the canvas: the page's content policy allows no inline styles.
import { LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { Series } from './api/shapes'

use([LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer])

export type Chart = EChartsType

/** A chart in an element. */
export function open(element: HTMLElement): Chart {
  return init(element, undefined, { renderer: 'canvas' })
}

export interface Look {
  color: (token: string) => string
  face: string
  number: (value: number) => string
  time: (at: number) => string
  words: { mean: string; range: string }
  still: boolean
}

/** Breaks a line where more than `factor` usual steps are missing, so that a gap in the data is a gap in the chart. */
export function gapped(points: Series['points'], factor = 4): (Series['points'][number] | { at: string; gap: true })[] {
  const steps = points.slice(1).map((p, i) => Date.parse(p.at) - Date.parse(points[i]?.at ?? p.at))
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
  return points.flatMap((p, i) => {
    const step = steps[i - 1] ?? 0
    return i > 0 && usual > 0 && step > factor * usual ? [{ at: new Date(Date.parse(p.at) - step / 2).toISOString(), gap: true as const }, p] : [p]
  })
}

/** The option of a line (mean) with a band (lowest to highest). Counters are drawn as steps without a band. */
export function lines(series: Series, window: { from: number; to: number }, look: Look): Parameters<Chart['setOption']>[0] {
  const points = gapped(series.points)
  const stamp = (p: { at: string }) => Date.parse(p.at)
  const value = (pick: 'mean' | 'low' | 'high') => points.map((p) => [stamp(p), 'gap' in p ? null : p[pick]])
  const width = points.map((p) => [stamp(p), 'gap' in p ? null : p.high - p.low])
  const ink = look.color('--ink-2')
  const label = { color: ink, fontFamily: look.face, fontSize: 12, hideOverlap: true }
  const band = { type: 'line' as const, stack: 'band', stackStrategy: 'all' as const, symbol: 'none', silent: true, lineStyle: { opacity: 0 } }
  const banded = series.kind === 'gauge'
  return {
    animation: false,
    aria: { enabled: false },
    grid: { left: 8, right: 14, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: 'time',
      min: window.from,
      max: window.to,
      axisLabel: { ...label, formatter: (at: number) => look.time(at) },
      axisLine: { lineStyle: { color: look.color('--line-2') } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      axisLabel: { ...label, formatter: (v: number) => look.number(v) },
      splitLine: { lineStyle: { color: look.color('--line') } },
    },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: look.color('--ink'),
      borderWidth: 0,
      textStyle: { color: look.color('--paper'), fontFamily: look.face, fontSize: 13 },
      axisPointer: { lineStyle: { color: look.color('--line-2') } },
      formatter: (hit: unknown) => told(hit, series, look),
    },
    series: [
      ...(banded
        ? [
            { ...band, name: 'low', data: value('low') },
            { ...band, name: 'band', data: width, areaStyle: { color: look.color('--accent'), opacity: 0.26 } },
          ]
        : []),
      {
        type: 'line',
        name: 'mean',
        data: value('mean'),
        symbol: 'circle',
        showSymbol: series.points.length < 3,
        symbolSize: 6,
        step: banded ? false : 'end',
        lineStyle: { color: look.color('--accent'), width: 1.8 },
        itemStyle: { color: look.color('--accent') },
      },
    ],
  }
}

/** A forecast step by step with its band, and what came. */
export interface CourseLines {
  at: number[]
  until: number
  mean: number[]
  low: number[]
  high: number[]
  came: (number | null)[]
}

/** The option of a forecast: band of the 90 % interval, line of what is expected, stronger line of what came. */
export function course(of: CourseLines, look: Look & { named: { mean: string; band: string; came: string } }): Parameters<Chart['setOption']>[0] {
  const series: Series = { points: [], words: [] } as unknown as Series
  const base = lines({ ...series, kind: 'gauge' }, { from: of.at[0] ?? 0, to: of.until }, look) as Record<string, unknown>
  const pairs = (values: (number | null)[]) => of.at.map((at, i) => [at, values[i] ?? null])
  const band = { type: 'line', stack: 'band', stackStrategy: 'all', symbol: 'none', silent: true, step: 'end', lineStyle: { opacity: 0 } }
  const line = { type: 'line', symbol: 'none', step: 'end' }
  const say = (hit: unknown) => {
    const i = of.at.indexOf((hit as { axisValue?: number }[])[0]?.axisValue ?? NaN)
    if (i < 0) return ''
    const came = of.came[i]
    const told = `${look.time(of.at[i] ?? 0)}\n${look.named.mean}: ${look.number(of.mean[i] ?? 0)}\n${look.named.band}: ${look.number(of.low[i] ?? 0)} … ${look.number(of.high[i] ?? 0)}`
    return came === null || came === undefined ? told : `${told}\n${look.named.came}: ${look.number(came)}`
  }
  return {
    ...base,
    yAxis: { ...(base.yAxis as object), scale: false },
    tooltip: { ...(base.tooltip as object), formatter: say },
    series: [
      { ...band, name: 'low', data: pairs(of.low) },
      { ...band, name: 'band', data: pairs(of.high.map((h, i) => h - (of.low[i] ?? 0))), areaStyle: { color: look.color('--accent'), opacity: 0.22 } },
      { ...line, name: 'mean', data: pairs(of.mean), lineStyle: { color: look.color('--accent'), width: 1.6, type: 'dashed' } },
      { ...line, name: 'came', data: pairs(of.came), lineStyle: { color: look.color('--ink'), width: 2 } },
    ],
  } as Parameters<Chart['setOption']>[0]
}

function told(hit: unknown, series: Series, look: Look): string {
  const at = (hit as { axisValue?: number }[])[0]?.axisValue
  if (at === undefined) return ''
  const point = series.points.find((p) => Date.parse(p.at) === at)
  if (point === undefined) return look.time(at)
  const range = point.low === point.high ? '' : `\n${look.words.range}: ${look.number(point.low)} … ${look.number(point.high)}`
  return `${look.time(at)}\n${look.words.mean}: ${look.number(point.mean)}${range}`
}
