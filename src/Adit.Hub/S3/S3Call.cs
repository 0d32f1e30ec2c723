using Adit.Hub.Access;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>A request of the S3 endpoint whose signature was right.</summary>
internal sealed record S3Call(HttpContext Http, S3Target Target, SignedRequest Signed)
{
    public Caller Caller => Signed.Caller;

    public string Bucket => Target.Bucket;

    public string Key => Target.Key;

    public HttpRequest Request => Http.Request;

    public HttpResponse Response => Http.Response;

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>A header's value; null for none.</summary>
    public string? Header(string name) => Request.Headers[name].ToString() is { Length: > 0 } value ? value : null;
}
