using System.Text;
using Adit.Content;
using Adit.Content.Trees;
using Adit.Hub.Volumes;
using Adit.Hub.Volumes.Staging;

namespace Adit.Hub.S3;

/// <summary>PutObject, CopyObject, DeleteObject. What was answered is on the disk, and what did not fit its signature was never seen by anybody.</summary>
internal sealed class ObjectWrites(S3Volumes volumes, VolumeStaging staging, ProjectStores stores, Intakes intakes, S3Meter meter, TimeProvider time)
{
    /// <summary>Most bytes that are put at once, as S3 has it.</summary>
    public const long MostAtOnce = 5L << 30;

    private const string EmptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

    public async Task PutAsync(S3Call call)
    {
        using var payload = new PayloadReader(call.Request, call.Signed, MostAtOnce);
        var (volume, path) = await volumes.PlaceAsync(call, makesVolume: true);
        var isDirectory = path[^1] == '/';
        if (isDirectory && payload.Length > 0)
            throw S3Refusal.Invalid("An object whose key ends with a slash is a directory and has no bytes.");
        if (call.Header("if-none-match") is not null || call.Header("if-match") is not null)
            Conditions.ForWrite(call.Request.Headers, await CurrentAsync(volume, path, call.Aborted));
        using var taken = await intakes.TakeAsync(volume.Project, payload, call.Aborted);
        var etag = Convert.ToHexStringLower(payload.Md5);
        await StageAsync(call, volume, path, isDirectory ? Marker() : ObjectAttributes.Describe(taken.Entry, etag, call.Request.Headers, time.GetUtcNow()));
        call.Response.Headers.ETag = $"\"{etag}\"";
        foreach (var (header, value) in payload.Answer)
            call.Response.Headers[header] = value;
        meter.Received(payload.Length);
    }

    /// <summary>Copies without a byte where both are in one project; between projects the bytes go from one store to the other.</summary>
    public async Task CopyAsync(S3Call call)
    {
        // Begun before the source is read: nobody who removes that takes its content from under the copy.
        using var held = intakes.Begin(call.Bucket);
        var source = await SourceAsync(call);
        var (volume, path) = await volumes.PlaceAsync(call, makesVolume: true);
        if (path[^1] == '/')
        {
            await StageAsync(call, volume, path, Marker());
            await AnswerCopyAsync(call, "CopyObjectResult", EmptyMd5);
            return;
        }

        var from = source.Entry;
        var (md5, etag) = ("", ObjectAttributes.ETagOf(from).Trim('"'));
        TakenObject? taken = null;
        if (source.Bucket != volume.Project)
            (taken, md5) = await intakes.CopyAsync(source.Content, from, 0, from.Size, volume.Project, call.Aborted);
        else
            await Intakes.KeepAsync(held, source.Content, from, call.Aborted);
        using (taken)
        {
            var content = taken?.Entry ?? from;
            // An ETag that is a content's id stays one, and one that was given stays as it is.
            if (etag.Length == 66)
                etag = md5.Length > 0 ? md5 : ObjectAttributes.ETagOf(content with { Attributes = [] }).Trim('"');
            var now = time.GetUtcNow();
            var entry = call.Header("x-amz-metadata-directive") == "REPLACE"
                ? ObjectAttributes.Describe(content with { Attributes = [] }, etag, call.Request.Headers, now)
                : ObjectAttributes.Like(content, from, etag, now);
            await StageAsync(call, volume, path, entry);
        }

        await AnswerCopyAsync(call, "CopyObjectResult", etag);
    }

    public async Task DeleteAsync(S3Call call)
    {
        await RemoveAsync(call, call.Key);
        call.Response.StatusCode = 204;
    }

    /// <summary>DeleteObjects: up to 1,000 keys.</summary>
    public async Task DeleteManyAsync(S3Call call)
    {
        volumes.CheckWrite(call.Caller, call.Bucket);
        var (keys, isQuiet, version) = (new List<string>(), false, false);
        await S3Xml.ReadAsync(call, "Delete", (name, text) =>
        {
            if (name == "Object/Key" && keys.Count <= 1000)
                keys.Add(text);
            isQuiet |= name == "Quiet" && text.Trim() == "true";
            version |= name == "Object/VersionId" && text is not ("" or "null");
        });
        if (keys.Count is 0 or > 1000)
            throw S3Refusal.Malformed();
        if (version)
            throw S3Refusal.AccessDenied("Snapshots do not change.");
        var results = new List<(string Key, S3Refusal? Refusal)>();
        foreach (var key in keys)
        {
            try
            {
                await RemoveAsync(call, key);
                results.Add((key, null));
            }
            catch (S3Refusal e)
            {
                results.Add((key, e));
            }
        }

        await S3Xml.WriteAsync(call, "DeleteResult", xml =>
        {
            foreach (var (key, refusal) in results.Where(r => !isQuiet || r.Refusal is not null))
            {
                xml.WriteStartElement(refusal is null ? "Deleted" : "Error");
                xml.WriteElementString("Key", key);
                if (refusal is not null)
                {
                    xml.WriteElementString("Code", refusal.Code);
                    xml.WriteElementString("Message", refusal.Message);
                }

                xml.WriteEndElement();
            }
        });
    }

    /// <summary>The object that a copy is of.</summary>
    /// <exception cref="S3Refusal">There is none, or it is not as the request says.</exception>
    public async Task<(string Bucket, TreeEntry Entry, ContentStore Content)> SourceAsync(S3Call call)
    {
        var said = call.Header("x-amz-copy-source")!;
        var mark = said.IndexOf('?', StringComparison.Ordinal);
        var version = mark >= 0 && said.AsSpan(mark).StartsWith("?versionId=") ? said[(mark + 11)..] : null;
        var path = S3Target.Decode(mark < 0 ? said : said[..mark], isQuery: true).TrimStart('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            throw S3Refusal.Invalid("x-amz-copy-source is BUCKET/KEY.");
        var bucket = path[..slash];
        volumes.CheckRead(call.Caller, bucket);
        if (await volumes.FindAsync(bucket, path[(slash + 1)..], version, call.Aborted) is not { } found)
            throw S3Refusal.NoSuchKey();
        var entry = found.Item.Entry ?? new TreeEntry { Name = [], Type = EntryType.File };
        return Conditions.ForRead(call.Request.Headers, "x-amz-copy-source-", entry) == 200 ? (bucket, entry, found.Content) : throw S3Refusal.PreconditionFailed();
    }

    /// <summary>Answers what was copied.</summary>
    public Task AnswerCopyAsync(S3Call call, string root, string etag) => S3Xml.WriteAsync(call, root, xml =>
    {
        xml.WriteElementString("LastModified", S3Xml.Time(time.GetUtcNow()));
        xml.WriteElementString("ETag", $"\"{etag}\"");
    });

    /// <summary>Puts an entry whose content is in the store.</summary>
    public async Task StageAsync(S3Call call, Volume volume, byte[] path, TreeEntry entry)
    {
        await (await stores.OfAsync(volume.Project)).FlushAsync(call.Aborted);
        // What was read is put, whoever hangs up now.
        var outcome = await staging.ChangeAsync(volume, path, entry, call.Caller.Account, there => Conditions.ForWrite(call.Request.Headers, there), CancellationToken.None);
        if (outcome == LayerOutcome.Conflict)
            throw S3Refusal.InvalidRequest("There is a directory where this key has a file, or a file where it has a directory; a volume has one of them.");
    }

    private static TreeEntry Marker() => new()
    {
        Name = [], Type = EntryType.Directory, Mode = 0b111_101_101, Attributes = [new ExtendedAttribute(LayeredTree.KeptMark.ToArray(), Encoding.ASCII.GetBytes("1"))],
        Content = Adit.Content.Chunks.ChunkId.Of([]),
    };

    private async Task<LayeredItem> CurrentAsync(Volume volume, byte[] path, CancellationToken cancellationToken)
    {
        var view = await staging.ViewAsync(volume, (await staging.FindAsync(volume.Project, volume.Name))?.Head, cancellationToken);
        return await new LayeredTree(await stores.OfAsync(volume.Project)).FindAsync(view, StagedChange.NamesOf(path), cancellationToken);
    }

    // What is not there is removed already, as S3 has it.
    private async Task RemoveAsync(S3Call call, string key)
    {
        var (name, snapshot, rest) = S3Target.Split(key);
        volumes.CheckWrite(call.Caller, call.Bucket);
        if (snapshot is not null || call.Target.Has("versionId"))
            throw S3Refusal.AccessDenied("Snapshots do not change.");
        if (!Volume.IsName(name) || S3Target.PathOf(rest) is not { } path || await staging.FindAsync(call.Bucket, name) is not { } found)
            return;
        await staging.ChangeAsync(found.Volume, path, null, call.Caller.Account, null, CancellationToken.None);
    }
}
