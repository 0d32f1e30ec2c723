using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Adit.Content.Trees;

namespace Adit.Hub.S3;

/// <summary>
/// Objects in parts. Each part is in the store when it was answered; to complete an upload is to write one list of all their chunks. One that nobody completes is removed after seven days.
/// </summary>
internal sealed class Multipart(S3Volumes volumes, ObjectWrites writes, Intakes intakes, Volumes.ProjectStores stores, MultipartStore store, S3Meter meter, TimeProvider time)
{
    /// <summary>How long an upload may take.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private const int MostParts = 10_000;
    private const int PageSize = 1000;
    private const long LeastPart = 5L << 20;
    private const long MostOfObject = 5L << 40;

    public async Task BeginAsync(S3Call call)
    {
        var (volume, path) = await volumes.PlaceAsync(call, makesVolume: true);
        if (path[^1] == '/')
            throw S3Refusal.Invalid("An object whose key ends with a slash is a directory and has no bytes.");
        var said = ObjectAttributes.Describe(new TreeEntry { Name = [(byte)'-'], Type = EntryType.File, Mode = 0b110_100_100 }, "", call.Request.Headers, time.GetUtcNow());
        var upload = new S3Upload(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), volume.Id, path, call.Caller.Account, time.GetUtcNow(), said);
        if (!await store.AddAsync(upload))
            throw new S3Refusal(503, "SlowDown", $"The volume has {MultipartStore.MostOfVolume} uploads that are not complete; complete or abort some.");
        await S3Xml.WriteAsync(call, "InitiateMultipartUploadResult", xml =>
        {
            xml.WriteElementString("Bucket", call.Bucket);
            xml.WriteElementString("Key", call.Key);
            xml.WriteElementString("UploadId", upload.Id);
        });
    }

    public async Task PutPartAsync(S3Call call)
    {
        using var payload = new PayloadReader(call.Request, call.Signed, ObjectWrites.MostAtOnce);
        var (upload, project) = await FindAsync(call);
        var number = call.Target.Number("partNumber", 1, int.MaxValue, 0) is > 0 and <= MostParts and var said ? said : throw S3Refusal.Invalid($"A part has a number from 1 to {MostParts}.");
        using var taken = await intakes.TakeAsync(project, payload, call.Aborted);
        var part = await AddAsync(project, upload, number, taken.Entry, payload.Md5);
        call.Response.Headers.ETag = part.ETag;
        foreach (var (header, value) in payload.Answer)
            call.Response.Headers[header] = value;
        meter.Received(payload.Length);
    }

    public async Task CopyPartAsync(S3Call call)
    {
        var source = await writes.SourceAsync(call);
        var (upload, project) = await FindAsync(call);
        var number = call.Target.Number("partNumber", 1, int.MaxValue, 0) is > 0 and <= MostParts and var said ? said : throw S3Refusal.Invalid($"A part has a number from 1 to {MostParts}.");
        var (from, to) = (0L, source.Entry.Size - 1);
        if (call.Header("x-amz-copy-source-range") is { } range)
        {
            if (!range.StartsWith("bytes=", StringComparison.Ordinal) || range[6..].Split('-') is not [var first, var last]
                || !long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out from) || !long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out to)
                || from > to || to >= source.Entry.Size)
                throw S3Refusal.Invalid("x-amz-copy-source-range is bytes=FIRST-LAST within the object.");
        }

        // The MD5 of a part is its ETag: it has to be read, at the speed of the store.
        var (taken, md5) = await intakes.CopyAsync(source.Content, source.Entry, from, to - from + 1, project, call.Aborted);
        using (taken)
        {
            var part = await AddAsync(project, upload, number, taken.Entry, Convert.FromHexString(md5));
            await writes.AnswerCopyAsync(call, "CopyPartResult", part.ETag.Trim('"'));
        }
    }

    public async Task CompleteAsync(S3Call call)
    {
        var (volume, path) = await volumes.PlaceAsync(call, makesVolume: false);
        var (upload, _) = await FindAsync(call);
        var said = new List<(int Number, string ETag)>();
        var (number, etag) = (0, "");
        await S3Xml.ReadAsync(call, "CompleteMultipartUpload", (name, text) =>
        {
            if (name == "Part/PartNumber" && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
                throw S3Refusal.Malformed();
            if (name == "Part/ETag")
                etag = text.Trim().Trim('"');
            if (name != "Part")
                return;
            if (said.Count == MostParts)
                throw S3Refusal.Malformed();
            said.Add((number, etag));
            (number, etag) = (0, "");
        });
        if (said.Count == 0)
            throw S3Refusal.Malformed();
        var parts = (await store.PartsAsync(upload.Id, 0, MostParts)).ToDictionary(static p => p.Number);
        var chosen = new List<S3Part>(said.Count);
        foreach (var (wanted, wantedETag) in said)
        {
            if (chosen.Count > 0 && chosen[^1].Number >= wanted)
                throw new S3Refusal(400, "InvalidPartOrder", "The parts are not in the order of their numbers.");
            if (!parts.TryGetValue(wanted, out var part) || part.ETag.Trim('"') != wantedETag)
                throw new S3Refusal(400, "InvalidPart", $"There is no part {wanted} with this ETag.");
            if (chosen.Count > 0 && chosen[^1].Entry.Size < LeastPart)
                throw new S3Refusal(400, "EntityTooSmall", $"Each part but the last has at least {LeastPart} bytes; part {chosen[^1].Number} has {chosen[^1].Entry.Size}.");
            chosen.Add(part);
        }

        if (chosen.Sum(static p => p.Entry.Size) > MostOfObject)
            throw new S3Refusal(400, "EntityTooLarge", "An object has at most 5 TiB.");
        using var taken = await intakes.JoinAsync(volume.Project, chosen.Select(static p => p.Entry), call.Aborted);
#pragma warning disable CA5351 // S3's name for bytes.
        var all = $"{Convert.ToHexStringLower(MD5.HashData([.. chosen.SelectMany(static p => p.Md5)]))}-{chosen.Count}";
#pragma warning restore CA5351
        await writes.StageAsync(call, volume, path, ObjectAttributes.Like(taken.Entry, upload.Entry, all, time.GetUtcNow()));
        await store.RemoveAsync(upload.Id);
        await S3Xml.WriteAsync(call, "CompleteMultipartUploadResult", xml =>
        {
            xml.WriteElementString("Location", $"{call.Request.Scheme}://{call.Request.Host}/{S3Target.Encode(call.Bucket + "/" + call.Key, keepSlash: true)}");
            xml.WriteElementString("Bucket", call.Bucket);
            xml.WriteElementString("Key", call.Key);
            xml.WriteElementString("ETag", $"\"{all}\"");
        });
    }

    public async Task AbortAsync(S3Call call)
    {
        var (upload, _) = await FindAsync(call);
        await store.RemoveAsync(upload.Id);
        call.Response.StatusCode = 204;
    }

    public async Task ListPartsAsync(S3Call call)
    {
        var (upload, _) = await FindAsync(call);
        var (after, most) = (call.Target.Number("part-number-marker", 0, MostParts, 0), call.Target.Number("max-parts", 1, PageSize, PageSize));
        var parts = await store.PartsAsync(upload.Id, after, most + 1);
        await S3Xml.WriteAsync(call, "ListPartsResult", xml =>
        {
            xml.WriteElementString("Bucket", call.Bucket);
            xml.WriteElementString("Key", call.Key);
            xml.WriteElementString("UploadId", upload.Id);
            xml.WriteElementString("PartNumberMarker", XmlConvert.ToString(after));
            if (parts.Count > most)
                xml.WriteElementString("NextPartNumberMarker", XmlConvert.ToString(parts[most - 1].Number));
            xml.WriteElementString("MaxParts", XmlConvert.ToString(most));
            xml.WriteElementString("IsTruncated", parts.Count > most ? "true" : "false");
            foreach (var part in parts.Take(most))
            {
                xml.WriteStartElement("Part");
                xml.WriteElementString("PartNumber", XmlConvert.ToString(part.Number));
                xml.WriteElementString("LastModified", S3Xml.Time(part.Put));
                xml.WriteElementString("ETag", part.ETag);
                xml.WriteElementString("Size", XmlConvert.ToString(part.Entry.Size));
                xml.WriteEndElement();
            }
        });
    }

    /// <summary>ListMultipartUploads: those that begin with a prefix, at most a thousand.</summary>
    public async Task ListAsync(S3Call call)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        var prefix = call.Target.Find("prefix") ?? "";
        var uploads = (await store.ListAsync(call.Bucket, 100 * PageSize)).Select(static u => (Key: $"{u.Name}/{Encoding.UTF8.GetString(u.Upload.Path)}", u.Upload))
            .Where(u => u.Key.StartsWith(prefix, StringComparison.Ordinal)).Take(PageSize + 1).ToList();
        await S3Xml.WriteAsync(call, "ListMultipartUploadsResult", xml =>
        {
            xml.WriteElementString("Bucket", call.Bucket);
            xml.WriteElementString("Prefix", prefix);
            xml.WriteElementString("MaxUploads", XmlConvert.ToString(PageSize));
            xml.WriteElementString("IsTruncated", uploads.Count > PageSize ? "true" : "false");
            foreach (var (key, upload) in uploads.Take(PageSize))
            {
                xml.WriteStartElement("Upload");
                xml.WriteElementString("Key", key);
                xml.WriteElementString("UploadId", upload.Id);
                xml.WriteElementString("Initiated", S3Xml.Time(upload.Begun));
                xml.WriteEndElement();
            }
        });
    }

    private async Task<S3Part> AddAsync(string project, S3Upload upload, int number, TreeEntry entry, byte[] md5)
    {
        await (await stores.OfAsync(project)).FlushAsync(CancellationToken.None);
        var part = new S3Part(number, md5, time.GetUtcNow(), entry with { Name = [(byte)'-'] });
        return await store.AddPartAsync(upload.Id, part) ? part : throw S3Refusal.NoSuchUpload();
    }

    // Whoever may write to the project goes on with an upload of it, as with S3.
    private async Task<(S3Upload Upload, string Project)> FindAsync(S3Call call)
    {
        var (volume, path) = await volumes.PlaceAsync(call, makesVolume: false);
        return await store.FindAsync(call.Target.Find("uploadId") ?? "", volume.Id, path) is { } upload ? (upload, volume.Project) : throw S3Refusal.NoSuchUpload();
    }
}
