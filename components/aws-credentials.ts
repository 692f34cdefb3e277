/**
 * The one file in which every client of S3 finds its keys by `AWS_SHARED_CREDENTIALS_FILE`: boto3, the SDKs of Java and C++, and with
 * them S3A and pyarrow. A file, because a process' environment is read by whoever may read the process, and goes on to its children.
 */
export function sharedCredentials({ accessKey, secretKey }: Record<"accessKey" | "secretKey", string>): string {
    return `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;
}
