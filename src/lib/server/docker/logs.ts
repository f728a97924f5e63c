export type LogLine = { at: Date; stream: 'stdout' | 'stderr'; line: string };

/** A line longer than this is cut, in characters: Docker itself splits at 16 KiB. */
const MAX_LINE_CHARACTERS = 16_384;

const HEADER_BYTES = 8;

/** Takes Docker's multiplexed log bytes, in pieces of any size, and gives whole lines. */
export class LogParser {
	#buffer: Buffer = Buffer.alloc(0);

	/** The lines that `chunk` completes. */
	push(chunk: Buffer): LogLine[] {
		this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
		const lines: LogLine[] = [];
		let offset = 0;
		while (this.#buffer.length - offset >= HEADER_BYTES) {
			const end = offset + HEADER_BYTES + this.#buffer.readUInt32BE(offset + 4);
			if (this.#buffer.length < end) break;
			const stream = this.#buffer[offset] === 2 ? 'stderr' : 'stdout';
			lines.push(toLine(stream, this.#buffer.toString('utf8', offset + HEADER_BYTES, end)));
			offset = end;
		}
		this.#buffer = this.#buffer.subarray(offset);
		return lines;
	}
}

/** The newest whole records of a log in at most `maxBytes` of its bytes. Looks at the records' headers only, so it is quick. */
export function newestBytes(log: Buffer, maxBytes: number): Buffer {
	let start = 0;
	while (log.length - start > maxBytes && log.length - start >= HEADER_BYTES) {
		start += HEADER_BYTES + log.readUInt32BE(start + 4);
	}
	return log.subarray(start);
}

/** Each frame is one record: a time in RFC 3339, a blank, the text. */
function toLine(stream: LogLine['stream'], frame: string): LogLine {
	const blank = frame.indexOf(' ');
	const at = new Date(frame.slice(0, blank));
	const isDated = blank > 0 && !Number.isNaN(at.getTime());
	const text = (isDated ? frame.slice(blank + 1) : frame).replace(/\r?\n$/, '');
	return { at: isDated ? at : new Date(0), stream, line: text.slice(0, MAX_LINE_CHARACTERS) };
}
