import { isIP } from "node:net";

/** Prefixes and suffixes that S3 keeps for itself. */
const kept = {
    first: ["xn--", "sthree-", "amzn-s3-demo-"],
    last: ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"],
};

/**
 * Reason why a text is no name of a bucket.
 *
 * Source: Amazon's rules for general purpose buckets, which MinIO has too, with `minio` as a name of its own.
 */
export function bucketNameProblem(text: string): string | undefined {
    const form =
        "must be a bucket's name: 3 to 63 lower-case letters, digits, dashes and dots, a letter or digit first and last";
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)) return form;
    if (/\.\.|\.-|-\./.test(text)) return `${form}, and no dot beside a dot or a dash`;
    if (isIP(text) > 0) return `${form}, and not the form of an address`;
    if (text === "minio") return "is a name that MinIO keeps for itself; take another one";
    const first = kept.first.find((each) => text.startsWith(each));
    if (first) return `begins with "${first}", which S3 keeps for itself; take another name`;
    const last = kept.last.find((each) => text.endsWith(each));
    return last ? `ends with "${last}", which S3 keeps for itself; take another name` : undefined;
}
