using System.Security.Cryptography;
using Adit.Api;
using Adit.Content;
using Adit.Content.Trees;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Projects;
using Adit.Hub.Volumes;
using Adit.Hub.Volumes.Staging;

namespace Adit.Hub.S3;

/// <summary>What buckets and keys mean: a bucket is a project, the first part of a key a volume of it.</summary>
internal sealed class S3Volumes(ProjectDirectory projects, VolumeRights rights, VolumeStaging staging, ProjectStores stores, TimeProvider time)
{
    /// <summary>The buckets that a caller may read.</summary>
    public IEnumerable<Project> Buckets(Caller caller) => projects.All.Where(p => rights.MayRead(caller, p.Name)).OrderBy(static p => p.Name, StringComparer.Ordinal);

    /// <summary>Throws unless a caller may read a bucket. Who may not know of a project is told nothing of it.</summary>
    public void CheckRead(Caller caller, string bucket)
    {
        if (!rights.MayRead(caller, bucket))
            throw S3Refusal.NoSuchBucket();
    }

    /// <summary>Throws unless a caller may write to a bucket.</summary>
    public void CheckWrite(Caller caller, string bucket)
    {
        CheckRead(caller, bucket);
        if (!rights.MayWrite(caller, bucket))
            throw S3Refusal.AccessDenied("Members of the project write here, with a key that may; ask a maintainer, or make another key.");
    }

    /// <summary>The names of a bucket's volumes in the order of their keys.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string bucket)
    {
        return [.. (await staging.NamesAsync(bucket)).OrderBy(static n => n + "/", StringComparer.Ordinal)];
    }

    /// <summary>The topmost directory of a volume as it is now, or was in a snapshot; null when there is none.</summary>
    public async Task<(LayeredDirectory Root, ContentStore Content)?> ViewAsync(string bucket, string volume, string? snapshot, CancellationToken cancellationToken)
    {
        if (!Volume.IsName(volume) || await staging.FindAsync(bucket, volume) is not { } found)
            return null;
        var content = await stores.OfAsync(bucket);
        if (snapshot is null)
            return (await staging.ViewAsync(found.Volume, found.Head, cancellationToken), content);
        return await staging.ResolveAsync(found.Volume, snapshot) is { } one ? (StagedVolume.RootOf(one), content) : null;
    }

    /// <summary>The object of a key: a file, or a directory when the key ends with a slash. Null for none.</summary>
    public async Task<(LayeredItem Item, ContentStore Content)?> FindAsync(string bucket, string key, string? version, CancellationToken cancellationToken)
    {
        var (volume, snapshot, rest) = S3Target.Split(key);
        if (version is "null" or "")
            version = null;
        if ((snapshot is not null && version is not null) || S3Target.PathOf(rest) is not { } path || await ViewAsync(bucket, volume, snapshot ?? version, cancellationToken) is not { } view)
            return null;
        var item = await new LayeredTree(view.Content).FindAsync(view.Root, StagedChange.NamesOf(path), cancellationToken);
        var isDirectory = path[^1] == '/';
        return isDirectory ? item.Directory is not null ? (item, view.Content) : null : item.Entry is { Type: EntryType.File } ? (item, view.Content) : null;
    }

    /// <summary>Where a key is written: its volume, which is made when there is none, and the path in it.</summary>
    /// <exception cref="S3Refusal">Nothing can be written there.</exception>
    public async Task<(Volume Volume, byte[] Path)> PlaceAsync(S3Call call, bool makesVolume)
    {
        CheckWrite(call.Caller, call.Bucket);
        var (name, snapshot, rest) = S3Target.Split(call.Key);
        if (snapshot is not null || call.Target.Has("versionId"))
            throw S3Refusal.AccessDenied("Snapshots do not change.");
        if (!Volume.IsName(name) || rest.Length == 0)
            throw S3Refusal.Invalid("A key is VOLUME/PATH, the volume 1 to 63 of a-z, 0-9 and hyphens inside.");
        var path = S3Target.PathOf(rest)
            ?? throw S3Refusal.Invalid("The parts of a key between slashes are names of files: 1 to 255 bytes, neither '.' nor '..', without NUL.");
        if (await staging.FindAsync(call.Bucket, name) is { } found)
            return (found.Volume, path);
        if (!makesVolume)
            throw S3Refusal.NoSuchKey();
        var volume = new Volume(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), call.Bucket, name, VolumeKind.Dataset, null, time.GetUtcNow(), call.Caller.Account);
        var entry = AuditEntry.By(call.Caller, "volume.create", "volume:" + volume.Path, call.Http.Connection.RemoteIpAddress?.ToString());
        if (await staging.AddAsync(volume, entry))
            return (volume, path);
        return await staging.FindAsync(call.Bucket, name) is { } other
            ? (other.Volume, path)
            : throw S3Refusal.InvalidRequest($"The project has {Volume.MostOfProject} volumes; remove some first.");
    }
}
