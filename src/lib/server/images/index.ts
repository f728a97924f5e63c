export { createImageDigests, type ImageDigests } from './digests';
export {
	createImages,
	type ImageOptions,
	type ImageRow,
	type Images,
	type ImageWanted,
	type ReadyImage,
} from './images';
