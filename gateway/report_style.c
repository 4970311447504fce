/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_style - the page's look: one column of sections, tables that become cards on a telephone, black on white on paper
 *
 * No font and no picture is fetched; the reader's own system font is used, figures have equal width.  Colour never says anything
 * alone: a sign, a word or a mark stands beside it.
 */
#include "gateway/report_page.h"

const char report_style[] =
	":root{color-scheme:light dark;--ink:#17212b;--soft:#566472;--line:#d9e0e7;--good:#12663a;--goodback:#e6f4ec;--bad:#a3211f;"
	"--badback:#fbeaea;--warn:#7a4b00;--paper:#fff;--back:#f3f5f8;--mark:#0b5cad}"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9aa8b5;--line:#2c3742;--good:#6fd19b;--goodback:#143324;"
	"--bad:#ff9a94;--badback:#421c1c;--warn:#f0c069;--paper:#171e26;--back:#0f141a;--mark:#7db8f5}}"
	"*{box-sizing:border-box}html{scroll-padding-top:12px}"
	"body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
	"main{max-width:1200px;margin:0 auto;padding:32px 24px 64px}"
	"h1{font-size:28px;line-height:1.2;letter-spacing:-.01em;margin:0}h2{font-size:20px;margin:0}"
	"h3{font-size:15px;margin:0;display:inline}p{margin:4px 0 0}a{color:var(--mark)}"
	"header>p,.intro,small,.do{color:var(--soft)}small{font-size:12.5px}"
	".verdict{margin:20px 0;padding:14px 18px;border-radius:8px;font-size:17px;border-left:5px solid var(--good);background:var(--goodback)}"
	".verdict.warn{border-color:var(--bad);background:var(--badback)}"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}"
	".card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:12px 16px;text-decoration:none;color:inherit}"
	".card:hover{border-color:var(--mark)}.card b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}"
	".card span{color:var(--soft)}.card.warn b{color:var(--bad)}.card.fine b{color:var(--good)}"
	"section{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:20px 22px;margin-top:20px}"
	"details{margin-top:16px}summary{cursor:pointer;padding:8px 0;border-bottom:2px solid var(--line)}"
	"summary .sum{float:right;font-variant-numeric:tabular-nums;color:var(--soft)}.do{padding-top:6px}"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px;margin-top:8px}"
	"th{color:var(--soft);font-weight:600;font-size:12.5px;text-align:left;padding:6px 14px 6px 0;white-space:nowrap;vertical-align:bottom}"
	"td{border-top:1px solid var(--line);padding:8px 14px 8px 0;vertical-align:top;overflow-wrap:anywhere;min-width:4em}"
	"th:last-child,td:last-child{padding-right:0}td small{display:block}td.d{white-space:nowrap}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.n i{font-style:normal;font-size:11.5px;color:var(--soft)}"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}tbody tr:hover td{background:var(--back)}"
	"code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}.foot{margin-top:12px;font-size:13.5px;color:var(--soft)}"
	"@media(max-width:720px){main{padding:18px 12px 40px}section{padding:16px 14px}h1{font-size:23px}.verdict{font-size:16px}"
	".cards{grid-template-columns:1fr 1fr}.wide{overflow:visible}thead{display:none}table,tbody,tr{display:block}"
	"tr{border-top:1px solid var(--line);padding:10px 0}"
	"td,td.n{display:flex;justify-content:space-between;gap:16px;border:0;padding:2px 0;text-align:right;white-space:normal;min-width:0}"
	"td::before{content:attr(data-l);color:var(--soft);font-weight:400;text-align:left;flex:0 0 36%}td.none{display:none}td.t{display:block;text-align:left}"
	"td.t::before{display:block}td small{margin-top:0}summary .sum{float:none;display:block}}"
	"@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--good:#000;--goodback:#fff;--bad:#000;--badback:#fff;--paper:#fff;--back:#fff;"
	"--mark:#000}body{font-size:10pt}main{max-width:none;padding:0}section{border:0;padding:12pt 0 0;margin:0}table{font-size:8.5pt}"
	"tr,.card,.verdict{break-inside:avoid}thead{display:table-header-group}h2,summary{break-after:avoid}a{text-decoration:none}}";
