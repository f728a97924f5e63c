CREATE TABLE `bucket_sizes` (
	`service_id` text NOT NULL,
	`bucket` text NOT NULL,
	`day` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`objects` integer NOT NULL,
	PRIMARY KEY(`service_id`, `bucket`, `day`),
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE cascade
);
