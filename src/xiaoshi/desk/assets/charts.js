// Draws the charts of the figures from the tables below them: the table is the truth, the chart a picture of it.
const chinese = document.documentElement.lang.startsWith('zh')
// Grows with the size of type that the reader chose.
const TYPE_PX = 14 / 16 * parseFloat(getComputedStyle(document.documentElement).fontSize)
const COLOURS = ['#0b5a5e', '#7a4b00', '#4a3b7a', '#123f7a', '#b3261e']

/** Labels and series of the table's rows; `columns` counted from 1 (0 is the row's own heading). */
function valuesOf (table, columns) {
  const head = [...table.tHead.rows[0].cells].map(cell => cell.textContent.trim())
  const rows = [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent.trim()))
  return {
    labels: rows.map(row => row[0]),
    series: columns.map(n => ({ name: head[n], data: rows.map(row => Number(row[n])) }))
  }
}

function optionOf (kind, { labels, series }) {
  const across = kind === 'bar'
  const names = { type: 'category', data: labels, inverse: across, axisLabel: { width: 18 * TYPE_PX, overflow: 'truncate', fontSize: TYPE_PX, color: '#0b0c0c' } }
  const numbers = { type: 'value', minInterval: 1, axisLabel: { fontSize: TYPE_PX, color: '#0b0c0c' } }
  return {
    color: COLOURS,
    animation: false,
    // 'inherit' cannot be measured: labels came out narrower than they are drawn, and were cut.
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: TYPE_PX },
    legend: { top: 0, textStyle: { fontSize: TYPE_PX, color: '#0b0c0c' } },
    grid: { left: 8, right: 24, top: 2.5 * TYPE_PX, bottom: 8, containLabel: true },
    xAxis: across ? numbers : names,
    yAxis: across ? names : numbers,
    aria: { enabled: false, decal: { show: true } },
    series: series.map((one, n) => ({
      ...one,
      type: kind,
      ...(kind === 'line' ? { symbol: ['circle', 'rect', 'triangle'][n % 3], symbolSize: 9, lineStyle: { type: ['solid', 'dashed', 'dotted'][n % 3] } } : {})
    }))
  }
}

function draw (figure) {
  const table = document.getElementById(figure.dataset.table)
  const columns = figure.dataset.columns.split(',').map(Number)
  const values = valuesOf(table, columns)
  figure.hidden = false
  figure.style.height = figure.dataset.chart === 'bar' ? `${(4.5 + Math.min(values.labels.length, 30) * 2.4) * TYPE_PX}px` : `${20 * TYPE_PX}px`
  // A picture of the table below, which says the same: readers of screens are not told twice.
  figure.setAttribute('aria-hidden', 'true')
  const chart = window.echarts.init(figure, null, { renderer: 'svg', locale: chinese ? 'ZH' : 'EN' })
  chart.setOption(optionOf(figure.dataset.chart, values))
  new ResizeObserver(() => chart.resize()).observe(figure)
}

const figures = document.querySelectorAll('figure[data-chart]')
if (figures.length) {
  const script = document.createElement('script')
  script.src = document.querySelector('script[data-echarts]').dataset.echarts
  script.onload = () => figures.forEach(draw)
  document.head.append(script)
}
