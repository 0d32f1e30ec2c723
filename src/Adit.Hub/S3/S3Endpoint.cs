using Adit.Content;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.S3;

/// <summary>
/// The S3 endpoint, on a host name of its own: Amazon's REST API as far as docs/reference/s3.md says. What is asked for and is not there is answered NotImplemented, never as
/// something else.
/// </summary>
internal sealed partial class S3Endpoint(SignatureV4 signatures, BucketReads buckets, ObjectReads reads, ObjectWrites writes, Multipart multipart, S3Meter meter, ILogger<S3Endpoint> log)
{
    // What makes another operation of a request. Other parameters are of an operation, or of nobody.
    private static readonly HashSet<string> Subresources =
    [
        "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging", "metrics",
        "notification", "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select",
        "tagging", "torrent", "uploadId", "uploads", "versioning", "versions", "website", "metadataTable", "session", "append",
    ];

    /// <summary>Serves the endpoint's host names, and what is signed as only its requests are; everything else goes on.</summary>
    public static void Use(WebApplication app, HubOptions options)
    {
        var endpoint = app.Services.GetRequiredService<S3Endpoint>();
        app.Services.GetRequiredService<OwnHosts>().Beneath = S3Host.Of(options);
        app.Use((context, next) => (S3Host.BucketOf(context.Request.Headers.Host.ToString(), options.Domain) ?? S3Host.OnHub(context.Request)) is { } bucket
            ? endpoint.ServeAsync(context, bucket)
            : next(context));
    }

    private static (string Operation, Func<S3Call, Task> Serve) NotThere(string what) => ("other", _ => throw S3Refusal.NotImplemented(what));

    private static (string, Func<S3Call, Task>) Sync(string operation, Action<S3Call> serve) => (operation, call =>
    {
        serve(call);
        return Task.CompletedTask;
    });

    private async Task ServeAsync(HttpContext context, string hostBucket)
    {
        var operation = "other";
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = ObjectWrites.MostAtOnce + (64 << 20);
        context.Response.Headers["x-amz-request-id"] = context.TraceIdentifier;
        try
        {
            var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "/";
            var target = S3Target.Parse(RequestTarget.OriginForm(raw), hostBucket);
            var call = new S3Call(context, target, signatures.Check(context.Request, target));
            (operation, var serve) = Find(call);
            await serve(call);
        }
        catch (S3Refusal e)
        {
            await RefuseAsync(context, e);
        }
        catch (StorageException e)
        {
            LogFailed(operation, e.Message);
            await RefuseAsync(context, new S3Refusal(507, "InsufficientStorage", e.Message));
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, new S3Refusal(e.StatusCode, e.StatusCode == 413 ? "EntityTooLarge" : "IncompleteBody", "The body did not come as it was said."));
        }
        catch (Exception e) when (e is DamagedContentException or MissingContentException)
        {
            LogFailed(operation, e.Message);
            await RefuseAsync(context, new S3Refusal(500, "InternalError", $"{e.Message} Run 'adit store check'."));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up: there is nobody to answer.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogBroken(operation, e);
            await RefuseAsync(context, new S3Refusal(500, "InternalError", "The hub failed to answer; its log has the reason under this request id."));
        }
        finally
        {
            meter.Answered(operation, context.Response.StatusCode);
        }
    }

    private static async Task RefuseAsync(HttpContext context, S3Refusal refusal)
    {
        if (context.Response.HasStarted)
        {
            context.Abort(); // Whoever reads sees that it is not whole.
            return;
        }

        var range = context.Response.Headers.ContentRange;
        var id = context.Response.Headers["x-amz-request-id"];
        context.Response.Headers.Clear();
        (context.Response.Headers.ContentRange, context.Response.Headers["x-amz-request-id"]) = (refusal.Status == 416 ? range : default, id);
        await S3Xml.WriteAsync(context, refusal);
    }

    private (string Operation, Func<S3Call, Task> Serve) Find(S3Call call)
    {
        var what = call.Target.Query.Select(static q => q.Name).Where(Subresources.Contains).ToArray();
        var method = call.Request.Method;
        if (call.Bucket.Length == 0)
            return method == "GET" && what.Length == 0 ? ("ListBuckets", buckets.ListBucketsAsync) : NotThere($"{method} without a bucket");
        return call.Key.Length == 0 ? OfBucket(call, method, what) : OfObject(call, method, what);
    }

    private (string Operation, Func<S3Call, Task> Serve) OfBucket(S3Call call, string method, string[] what) => (method, what) switch
    {
        ("GET", []) => ("ListObjects", buckets.ListAsync),
        ("GET", ["uploads"]) => ("ListMultipartUploads", multipart.ListAsync),
        ("GET", [var one]) => ("GetBucket", c => buckets.ShowAsync(c, one)),
        ("HEAD", []) => Sync("HeadBucket", buckets.Head),
        ("PUT", []) => Sync("CreateBucket", buckets.Create),
        ("POST", ["delete"]) => ("DeleteObjects", writes.DeleteManyAsync),
        _ => NotThere($"{method} {string.Join('&', what)} of a bucket".Replace("  ", " ", StringComparison.Ordinal)),
    };

    private (string Operation, Func<S3Call, Task> Serve) OfObject(S3Call call, string method, string[] what)
    {
        var isCopy = call.Header("x-amz-copy-source") is not null;
        return (method, what) switch
        {
            ("GET", [] or ["partNumber"]) => ("GetObject", reads.AnswerAsync),
            ("HEAD", [] or ["partNumber"]) => ("HeadObject", reads.AnswerAsync),
            ("GET", ["uploadId"]) => ("ListParts", multipart.ListPartsAsync),
            ("GET", ["acl"]) => ("GetObjectAcl", buckets.ShowObjectAclAsync),
            ("PUT", []) => isCopy ? ("CopyObject", writes.CopyAsync) : ("PutObject", writes.PutAsync),
            ("PUT", ["partNumber", "uploadId"] or ["uploadId", "partNumber"]) => isCopy ? ("UploadPartCopy", multipart.CopyPartAsync) : ("UploadPart", multipart.PutPartAsync),
            ("POST", ["uploads"]) => ("CreateMultipartUpload", multipart.BeginAsync),
            ("POST", ["uploadId"]) => ("CompleteMultipartUpload", multipart.CompleteAsync),
            ("DELETE", []) => ("DeleteObject", writes.DeleteAsync),
            ("DELETE", ["uploadId"]) => ("AbortMultipartUpload", multipart.AbortAsync),
            _ => NotThere($"{method} {string.Join('&', what)} of an object".Replace("  ", " ", StringComparison.Ordinal)),
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "S3 {Operation} failed: {Reason}")]
    private partial void LogFailed(string operation, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "S3 {Operation} failed.")]
    private partial void LogBroken(string operation, Exception reason);
}
