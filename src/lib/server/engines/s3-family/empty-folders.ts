import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { forEachOf } from '../turns';

/** For engines to which a folder is an entry of its own, which outlives its last object. */

const MOST_CALLS = 4;

/** The folder that holds a key or a folder; empty for the bucket itself. */
function folderOf(key: string): string {
	return key.slice(0, key.lastIndexOf('/', key.length - 2) + 1);
}

/** All folders that hold these keys: those that lie deepest, then those above them, up to the bucket's own. */
export function foldersOf(keys: string[]): string[][] {
	const known = new Set<string>();
	const levels: string[][] = [];
	for (const key of keys)
		for (let folder = folderOf(key); folder !== '' && !known.has(folder); folder = folderOf(folder)) {
			known.add(folder);
			(levels[folder.split('/').length - 2] ??= []).push(folder);
		}
	return levels.toReversed();
}

async function isEmpty(s3: S3Client, bucket: string, folder: string): Promise<boolean> {
	const { Contents = [] } = await s3.send(
		new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }),
	);
	return Contents.length === 0;
}

/** Removes the folders that these keys were the last in. One that somebody made by hand is an object, and stays. */
export async function removeEmptyFolders(s3: S3Client, bucket: string, keys: string[]): Promise<void> {
	const holding = new Set<string>();
	for (const level of foldersOf(keys))
		await forEachOf(level, { most: MOST_CALLS }, async (folder) => {
			// What comes into it meanwhile stays: the engine takes away an empty one alone.
			if (!holding.has(folder) && (await isEmpty(s3, bucket, folder)))
				await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: folder }));
			else holding.add(folderOf(folder));
		});
}
