import type { Socket } from 'node:net';
import { BSON } from 'mongodb';

/** MongoDB's wire protocol, as far as a driver uses it: OP_MSG, and OP_QUERY for its first words. */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

export type Document = Record<string, unknown>;
/** `database` is the one the command is for. */
export type Request = { database: string; command: Document };

type Message = Request & { id: number; opCode: number };

function cString(buffer: Buffer, offset: number): { text: string; end: number } {
	const end = buffer.indexOf(0, offset);
	return { text: buffer.toString('utf8', offset, end), end: end + 1 };
}

function readMsg(buffer: Buffer): Document {
	let offset = 20;
	let command: Document = {};
	const sequences: Document = {};
	while (offset < buffer.length) {
		const kind = buffer.readUInt8(offset);
		offset += 1;
		const size = buffer.readInt32LE(offset);
		const section = buffer.subarray(offset, offset + size);
		if (kind === 0) command = BSON.deserialize(section);
		else {
			const { text, end } = cString(section, 4);
			sequences[text] = documentsIn(section.subarray(end));
		}
		offset += size;
	}
	return { ...command, ...sequences };
}

function documentsIn(buffer: Buffer): Document[] {
	const documents: Document[] = [];
	for (let offset = 0; offset < buffer.length; offset += buffer.readInt32LE(offset)) {
		documents.push(BSON.deserialize(buffer.subarray(offset, offset + buffer.readInt32LE(offset))));
	}
	return documents;
}

function readMessage(buffer: Buffer): Message {
	const id = buffer.readInt32LE(4);
	const opCode = buffer.readInt32LE(12);
	if (opCode === OP_MSG) {
		const { $db, ...command } = readMsg(buffer);
		return { id, opCode, database: String($db), command };
	}
	if (opCode !== OP_QUERY) throw new Error(`opcode ${opCode} is not spoken here`);
	const { text, end } = cString(buffer, 20);
	const command = BSON.deserialize(buffer.subarray(end + 8));
	return { id, opCode, database: text.split('.')[0] ?? '', command };
}

function writeReply({ id, opCode }: Message, reply: Document): Buffer {
	const body = Buffer.from(BSON.serialize(reply));
	const isMsg = opCode === OP_MSG;
	const head = Buffer.alloc(isMsg ? 21 : 36);
	head.writeInt32LE(head.length + body.length, 0);
	head.writeInt32LE(id, 8);
	head.writeInt32LE(isMsg ? OP_MSG : OP_REPLY, 12);
	if (!isMsg) head.writeInt32LE(1, 32);
	return Buffer.concat([head, body]);
}

/** Answers every message of a connection with what `answer` gives. */
export function speak(socket: Socket, answer: (request: Request) => Document): void {
	let pending = Buffer.alloc(0);
	socket.on('error', () => undefined);
	socket.on('data', (chunk) => {
		pending = Buffer.concat([pending, chunk]);
		while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
			const size = pending.readInt32LE(0);
			const message = readMessage(pending.subarray(0, size));
			pending = pending.subarray(size);
			socket.write(writeReply(message, answer(message)));
		}
	});
}
