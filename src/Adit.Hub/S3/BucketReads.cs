using System.Text;
using System.Xml;
using Adit.Content.Trees;

namespace Adit.Hub.S3;

/// <summary>ListBuckets, HeadBucket, ListObjects and ListObjectsV2, and what else is asked of buckets.</summary>
internal sealed class BucketReads(S3Volumes volumes)
{
    private const int MostKeys = 1000;

    public Task ListBucketsAsync(S3Call call) => S3Xml.WriteAsync(call, "ListAllMyBucketsResult", xml =>
    {
        WriteOwner(xml, "Owner", call.Caller.Account);
        xml.WriteStartElement("Buckets");
        foreach (var project in volumes.Buckets(call.Caller))
        {
            xml.WriteStartElement("Bucket");
            xml.WriteElementString("Name", project.Name);
            xml.WriteElementString("CreationDate", S3Xml.Time(project.Created));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    });

    public void Head(S3Call call) => volumes.CheckRead(call.Caller, call.Bucket);

    /// <summary>Projects are not made here; that one is there already is said as clients know it.</summary>
    public void Create(S3Call call)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        throw new S3Refusal(409, "BucketAlreadyOwnedByYou", "The project is there already.");
    }

    /// <summary>What is asked of a bucket beside its objects: what a bucket that nobody configured answers.</summary>
    public Task ShowAsync(S3Call call, string what)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        return what switch
        {
            "location" => S3Xml.WriteAsync(call, "LocationConstraint", static _ => { }),
            "versioning" => S3Xml.WriteAsync(call, "VersioningConfiguration", static _ => { }),
            "acl" => AclAsync(call),
            "policy" => throw new S3Refusal(404, "NoSuchBucketPolicy", "A project has members, and no policy."),
            "lifecycle" => throw new S3Refusal(404, "NoSuchLifecycleConfiguration", "There is no lifecycle."),
            "cors" => throw new S3Refusal(404, "NoSuchCORSConfiguration", "There is no CORS configuration."),
            "tagging" => throw new S3Refusal(404, "NoSuchTagSet", "There are no tags."),
            "encryption" => throw new S3Refusal(404, "ServerSideEncryptionConfigurationNotFoundError", "There is no encryption configuration."),
            "website" => throw new S3Refusal(404, "NoSuchWebsiteConfiguration", "There is no website."),
            "object-lock" => throw new S3Refusal(404, "ObjectLockConfigurationNotFoundError", "There is no object lock."),
            _ => throw S3Refusal.NotImplemented($"'{what}'"),
        };
    }

    /// <summary>GetObjectAcl: as a bucket's, of an object that is there.</summary>
    public async Task ShowObjectAclAsync(S3Call call)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        if (await volumes.FindAsync(call.Bucket, call.Key, call.Target.Find("versionId"), call.Aborted) is null)
            throw S3Refusal.NoSuchKey();
        await AclAsync(call);
    }

    // The owner is whoever asks, and may do everything: rights are those of the project.
    private static Task AclAsync(S3Call call) => S3Xml.WriteAsync(call, "AccessControlPolicy", xml =>
    {
        WriteOwner(xml, "Owner", call.Caller.Account);
        xml.WriteStartElement("AccessControlList");
        xml.WriteStartElement("Grant");
        xml.WriteStartElement("Grantee");
        xml.WriteAttributeString("xsi", "type", "http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser");
        xml.WriteElementString("ID", call.Caller.Account);
        xml.WriteElementString("DisplayName", call.Caller.Account);
        xml.WriteEndElement();
        xml.WriteElementString("Permission", "FULL_CONTROL");
        xml.WriteEndElement();
        xml.WriteEndElement();
    });

    public async Task ListAsync(S3Call call)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        var target = call.Target;
        var isSecond = target.Find("list-type") == "2";
        var (prefix, delimiter, most) = (target.Find("prefix") ?? "", target.Find("delimiter") ?? "", target.Number("max-keys", 0, MostKeys, MostKeys));
        var token = target.Find("continuation-token");
        var after = !isSecond ? target.Find("marker") : token is { } said ? TokenOf(said) : target.Find("start-after");
        var isUrl = target.Find("encoding-type") switch { null => false, "url" => true, _ => throw S3Refusal.Invalid("The encoding type is 'url' or none.") };
        var page = new List<WalkedKey>();
        var isCut = false;
        if (most > 0)
        {
            await foreach (var key in KeysAsync(call, prefix, delimiter, after is { Length: > 0 } ? Encoding.UTF8.GetBytes(after) : null))
            {
                if (page.Count == most)
                {
                    isCut = true;
                    break;
                }

                page.Add(key);
            }
        }

        var last = page.Count > 0 ? page[^1].Key : [];
        await S3Xml.WriteAsync(call, "ListBucketResult", xml =>
        {
            xml.WriteElementString("Name", call.Bucket);
            xml.WriteElementString("Prefix", Shown(Encoding.UTF8.GetBytes(prefix), isUrl));
            if (delimiter.Length > 0)
                xml.WriteElementString("Delimiter", Shown(Encoding.UTF8.GetBytes(delimiter), isUrl));
            xml.WriteElementString("MaxKeys", XmlConvert.ToString(most));
            if (isUrl)
                xml.WriteElementString("EncodingType", "url");
            xml.WriteElementString("IsTruncated", isCut ? "true" : "false");
            if (isSecond)
            {
                xml.WriteElementString("KeyCount", XmlConvert.ToString(page.Count));
                if (token is not null)
                    xml.WriteElementString("ContinuationToken", token);
                if (target.Find("start-after") is { Length: > 0 } startAfter)
                    xml.WriteElementString("StartAfter", Shown(Encoding.UTF8.GetBytes(startAfter), isUrl));
                if (isCut)
                    xml.WriteElementString("NextContinuationToken", Convert.ToHexStringLower(last));
            }
            else
            {
                xml.WriteElementString("Marker", Shown(Encoding.UTF8.GetBytes(after ?? ""), isUrl));
                if (isCut)
                    xml.WriteElementString("NextMarker", Shown(last, isUrl));
            }

            var withOwner = !isSecond || target.Find("fetch-owner") == "true";
            foreach (var key in page.Where(static k => !k.IsPrefix))
                Write(xml, key, isUrl, withOwner ? call.Caller.Account : null);
            foreach (var key in page.Where(static k => k.IsPrefix))
            {
                xml.WriteStartElement("CommonPrefixes");
                xml.WriteElementString("Prefix", Shown(key.Key, isUrl));
                xml.WriteEndElement();
            }
        });
    }

    private static void Write(XmlWriter xml, WalkedKey key, bool isUrl, string? owner)
    {
        var entry = key.Entry ?? new TreeEntry { Name = [], Type = EntryType.File, Modified = key.Directory!.Modified };
        xml.WriteStartElement("Contents");
        xml.WriteElementString("Key", Shown(key.Key, isUrl));
        xml.WriteElementString("LastModified", S3Xml.Time(entry.Modified.ToDateTimeOffset()));
        xml.WriteElementString("ETag", ObjectAttributes.ETagOf(entry));
        xml.WriteElementString("Size", XmlConvert.ToString(entry.Size));
        if (owner is not null)
            WriteOwner(xml, "Owner", owner);
        xml.WriteElementString("StorageClass", "STANDARD");
        xml.WriteEndElement();
    }

    private static void WriteOwner(XmlWriter xml, string name, string account)
    {
        xml.WriteStartElement(name);
        xml.WriteElementString("ID", account);
        xml.WriteElementString("DisplayName", account);
        xml.WriteEndElement();
    }

    // A name is bytes. In an address each can be written; in XML those of U+0001 to U+001F only as what most readers refuse, so that they are replaced.
    private static string Shown(byte[] key, bool isUrl)
    {
        if (!isUrl)
            return string.Concat(Encoding.UTF8.GetString(key).Select(static c => c is < ' ' and not '\t' and not '\n' and not '\r' || c is '\ufffe' or '\uffff' ? '\ufffd' : c));
        var shown = new StringBuilder(key.Length + 16);
        foreach (var b in key)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' or (byte)'/')
                shown.Append((char)b);
            else
                shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return shown.ToString();
    }

    private static string TokenOf(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(token));
        }
        catch (FormatException)
        {
            throw S3Refusal.Invalid("This is no continuation token; pass the NextContinuationToken of the page before.");
        }
    }

    private async IAsyncEnumerable<WalkedKey> KeysAsync(S3Call call, string prefix, string delimiter, byte[]? after)
    {
        byte[]? last = null;
        var delimiterBytes = Encoding.UTF8.GetBytes(delimiter);
        var prefixLength = Encoding.UTF8.GetByteCount(prefix);
        await foreach (var key in KeysAsync(call, prefix, delimiter == "/", after))
        {
            // Another delimiter than a slash is looked for in each key.
            var at = delimiter.Length == 0 || key.IsPrefix ? -1 : key.Key.AsSpan(Math.Min(prefixLength, key.Key.Length)).IndexOf(delimiterBytes);
            if (at < 0)
            {
                yield return key;
                continue;
            }

            var common = key.Key[..(prefixLength + at + delimiterBytes.Length)];
            if ((last is not null && last.AsSpan().SequenceEqual(common)) || (after is not null && after.AsSpan().StartsWith(common)))
                continue;
            last = common;
            yield return new WalkedKey(common, null, null);
        }
    }

    private async IAsyncEnumerable<WalkedKey> KeysAsync(S3Call call, string prefix, bool isDelimited, byte[]? after)
    {
        var slash = prefix.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            var (volume, snapshot, rest) = S3Target.Split(prefix);
            var head = Encoding.UTF8.GetBytes(prefix[..(slash + 1)]);
            if (after is not null && !after.AsSpan().StartsWith(head) && after.AsSpan().SequenceCompareTo(head) > 0)
                yield break;
            await foreach (var key in BelowAsync(call, volume, snapshot, head, rest, isDelimited, after is not null && after.AsSpan().StartsWith(head) ? after[head.Length..] : null))
                yield return key;
            yield break;
        }

        foreach (var name in await volumes.NamesAsync(call.Bucket))
        {
            var head = Encoding.UTF8.GetBytes(name + "/");
            var isWithin = after is not null && after.AsSpan().StartsWith(head);
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || (after is not null && !isWithin && head.AsSpan().SequenceCompareTo(after) < 0))
                continue;
            if (isDelimited)
            {
                if (!isWithin || after!.Length > head.Length)
                    yield return new WalkedKey(head, null, null);
                continue;
            }

            await foreach (var key in BelowAsync(call, name, null, head, "", isDelimited, isWithin ? after![head.Length..] : null))
                yield return key;
        }
    }

    private async IAsyncEnumerable<WalkedKey> BelowAsync(S3Call call, string volume, string? snapshot, byte[] head, string prefix, bool isDelimited, byte[]? after)
    {
        if (await volumes.ViewAsync(call.Bucket, volume, snapshot, call.Aborted) is not { } view)
            yield break;
        await foreach (var key in new KeyWalk(new LayeredTree(view.Content), isDelimited).ListAsync(view.Root, Encoding.UTF8.GetBytes(prefix), after, call.Aborted))
            yield return key with { Key = [.. head, .. key.Key] };
    }
}
