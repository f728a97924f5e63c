import type { ChainPoint } from '../audit/verify';
import { parse, UsageError, type Command } from './command';
import { withApp } from './house';

/** `SEQ:HASH`, as an earlier run printed it. */
function parsePoint(text: string): ChainPoint {
	const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
	if (seq === undefined || hash === undefined) {
		throw new UsageError('--head takes what an earlier "audit verify" printed as the head.');
	}
	return { seq: Number(seq), hash };
}

/** Checks the whole audit record. Its printed head, kept elsewhere, shows later that nothing up to it was rewritten. */
export const auditVerify: Command = {
	usage: 'audit verify [--head SEQ:HASH]',
	summary:
		'Checks that no entry of the audit record was changed or removed, and that a head noted earlier is in it.',
	async run(args, io) {
		const { values } = parse({ args, options: { head: { type: 'string' } } });
		const mustContain = values.head === undefined ? {} : { mustContain: parsePoint(values.head) };
		return withApp(io, async ({ audit }) => {
			const report = await audit.verify(mustContain);
			if (report.valid) {
				io.out(`The audit record is whole: ${report.entries} entries, each linked to the one before.`);
				io.out(`Head: ${report.last.seq}:${report.last.hash}`);
				return 0;
			}
			io.out(
				`The audit record was changed: entry ${report.brokenAtSeq ?? 'unknown'} is missing or not as it was written.`,
			);
			io.out(`The ${report.entries} entries before it are linked. Compare with a backup of the data folder.`);
			return 1;
		});
	},
};
