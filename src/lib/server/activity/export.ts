import type { ActivityEntry } from './schema';

export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

type Cell = string | number | null;

const columns: Record<string, (entry: ActivityEntry) => Cell> = {
	seq: (entry) => entry.seq,
	at: (entry) => entry.at.toISOString(),
	actorKind: (entry) => entry.actor.kind,
	actor: (entry) => entry.actor.label,
	action: (entry) => entry.action,
	targetKind: (entry) => entry.target?.kind ?? null,
	targetId: (entry) => entry.target?.id ?? null,
	target: (entry) => entry.target?.name ?? null,
	outcome: (entry) => entry.outcome,
	errorCode: (entry) => entry.errorCode,
	endedAt: (entry) => entry.endedAt?.toISOString() ?? null,
	ip: (entry) => entry.ip,
	requestId: (entry) => entry.requestId,
	detail: (entry) => entry.detail,
};

/** A spreadsheet runs a cell that starts so as a formula; a leading apostrophe makes it text. */
const startsFormula = /^\s*[=+\-@＝＋－＠\t\r\n]/;

function csvCell(value: Cell): string {
	if (value === null) return '';
	const text = typeof value === 'string' && startsFormula.test(value) ? `'${value}` : String(value);
	return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvLine = (cells: Cell[]) => `${cells.map(csvCell).join(',')}\r\n`;

/** What stands before the first entry: CSV's column names. */
export function exportHeader(format: ExportFormat): string {
	return format === 'csv' ? csvLine(Object.keys(columns)) : '';
}

/** One entry as a line: CSV as RFC 4180 has it, safe to open in a spreadsheet, or one JSON object. */
export function exportLine(format: ExportFormat, entry: ActivityEntry): string {
	const cells = Object.entries(columns).map(([name, of]): [string, Cell] => [name, of(entry)]);
	return format === 'csv'
		? csvLine(cells.map(([, cell]) => cell))
		: `${JSON.stringify(Object.fromEntries(cells))}\n`;
}
