namespace Adit.Hub.S3;

/// <summary>What the S3 endpoint does not do, with the code that clients know: docs/reference/s3.md, "Errors".</summary>
/// <param name="status">HTTP's.</param>
/// <param name="code">S3's.</param>
/// <param name="message">One sentence or two, for people.</param>
internal sealed class S3Refusal(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public static S3Refusal AccessDenied(string message) => new(403, "AccessDenied", message);

    public static S3Refusal Invalid(string message) => new(400, "InvalidArgument", message);

    public static S3Refusal InvalidRequest(string message) => new(400, "InvalidRequest", message);

    public static S3Refusal NoSuchKey() => new(404, "NoSuchKey", "There is no object of this key.");

    public static S3Refusal NoSuchBucket() => new(404, "NoSuchBucket", "There is no project of this name that this key may see.");

    public static S3Refusal NoSuchUpload() => new(404, "NoSuchUpload", "There is no such upload: it was completed, aborted, or never begun.");

    public static S3Refusal NotImplemented(string what) => new(501, "NotImplemented", $"{what} is not there; docs/reference/s3.md says what is.");

    public static S3Refusal PreconditionFailed() => new(412, "PreconditionFailed", "What the request depends on is not so.");

    public static S3Refusal Malformed() => new(400, "MalformedXML", "The body is not the XML that this operation takes, or is too large.");
}
