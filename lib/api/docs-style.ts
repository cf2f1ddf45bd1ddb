/** Styles of `/docs`: readable from 320 px on, light and dark. On a telephone a table's rows become cards. */
export const DOCS_STYLE = `
:root{color-scheme:light dark;--text:#1c2430;--ground:#fff;--faint:#5b6676;--line:#d8dde5;--code:#f4f6f9;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--text:#dfe5ee;--ground:#12161c;--faint:#94a0b2;--line:#2c3542;--code:#1b212a;--link:#7db3ff}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem;color:var(--text);background:var(--ground)}
a{color:var(--link)}h1{margin:0 0 .25rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}h4{margin:1rem 0 .25rem}h4+p{margin:0}
nav ul{padding-left:1.2rem}nav{overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.5rem .75rem}
details>div{scroll-margin-top:5rem}
summary{cursor:pointer;overflow-wrap:anywhere}
.method{display:inline-block;min-width:4.5rem;margin-right:.25rem}.says{display:block;color:var(--faint)}
.role{float:right;font-size:.8rem;color:var(--faint);margin-left:1rem}
code{font-size:.9em}
pre{background:var(--code);padding:.75rem;overflow:auto;border-radius:6px;font-size:.85rem;margin:.25rem 0}
pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
.refusals{margin:.25rem 0;padding-left:1.2rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line)}
@media(max-width:40rem){body{padding:1rem}thead{display:none}tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
td{display:block;border:0;padding:0;overflow-wrap:anywhere}td:not(:first-child)::before{content:attr(data-head) ": ";color:var(--faint)}}
`;
