using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Volumes;

namespace Adit.Hub.Tests.S3;

/// <summary>Who comes in by S3, and what of a request has to be right before anything is seen.</summary>
public sealed class S3DoorTests
{
    [Fact(Timeout = 60_000)]
    public async Task Nobody_comes_in_with_a_wrong_signature_a_skewed_clock_or_an_address_that_is_over()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        using var put = await ann.PutAsync("/churn/data/a", "one");
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("\"f97c5d29941bfb1b2fdab0874906ab82\"", put.Headers.ETag!.Tag);
        var now = stage.Hub.Time.GetUtcNow();

        using var wrong = ann.WithSecret("x");
        Assert.Equal("SignatureDoesNotMatch", await wrong.GetAsync("/churn/data/a"));
        using var nobody = await ann.PlainAsync("/churn/data/a");
        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), (nobody.StatusCode, await S3Client.CodeAsync(nobody)));
        foreach (var off in new[] { -16, 16 })
        {
            using var skewed = await ann.SendAsync(HttpMethod.Get, "/churn/data/a", at: now.AddMinutes(off));
            Assert.Equal("RequestTimeTooSkewed", await S3Client.CodeAsync(skewed));
        }

        using var followed = await ann.FollowAsync("/churn/data/a", now.AddSeconds(-5), 60);
        Assert.Equal("one", await followed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var over = await ann.FollowAsync("/churn/data/a", now.AddSeconds(-65), 60);
        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), (over.StatusCode, await S3Client.CodeAsync(over)));
        using var tooLong = await ann.FollowAsync("/churn/data/a", now, 700_000);
        Assert.Equal("AuthorizationQueryParametersError", await S3Client.CodeAsync(tooLong));
        using var other = await ann.FollowAsync("/churn/data/b", now, 60);
        Assert.Equal("NoSuchKey", await S3Client.CodeAsync(other));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_does_not_fit_its_signature_or_checksum_is_never_seen()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        using var hash = await ann.SendAsync(HttpMethod.Put, "/churn/data/a", "one"u8.ToArray(), payload: new string('0', 64));
        Assert.Equal("XAmzContentSHA256Mismatch", await S3Client.CodeAsync(hash));
        using var md5 = await ann.SendAsync(HttpMethod.Put, "/churn/data/a", "one"u8.ToArray(), headers: ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="));
        Assert.Equal("BadDigest", await S3Client.CodeAsync(md5));
        using var crc = await ann.SendAsync(HttpMethod.Put, "/churn/data/a", "123456789"u8.ToArray(), headers: ("x-amz-checksum-crc32", "AAAAAA=="));
        Assert.Equal("BadDigest", await S3Client.CodeAsync(crc));
        using var chunk = await ann.PutChunkedAsync("/churn/data/a", "first", "second", static body => body.Replace("second", "forged", StringComparison.Ordinal));
        Assert.Equal("SignatureDoesNotMatch", await S3Client.CodeAsync(chunk));
        using var more = await ann.PutChunkedAsync("/churn/data/a", "first", "second", static body => body + "x");
        Assert.False(more.IsSuccessStatusCode);
        Assert.Equal("NoSuchKey", await ann.GetAsync("/churn/data/a"));

        using var right = await ann.PutChunkedAsync("/churn/data/a", "first", "second");
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Equal("firstsecond", await ann.GetAsync("/churn/data/a"));
        // The check values of the algorithms: "123456789" (CRC catalogue).
        foreach (var (name, value) in new[] { ("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw=="), ("crc64nvme", "rosUhgp5mIg=") })
        {
            using var known = await ann.SendAsync(HttpMethod.Put, "/churn/data/c", "123456789"u8.ToArray(), headers: ("x-amz-checksum-" + name, value));
            Assert.Equal((name, HttpStatusCode.OK), (name, known.StatusCode));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_key_does_what_its_owner_may_now_and_no_more_than_it_was_made_for()
    {
        await using var stage = await VolumeStage.StartAsync();
        await stage.ProjectAsync(stage.Ann, "other");
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        using var narrow = await S3Client.CreateAsync(stage.Hub, stage.Ann, new CreateS3KeyRequest { Project = "churn", IsReadOnly = true });
        using var ben = await S3Client.CreateAsync(stage.Hub, stage.Ben);
        using var cat = await S3Client.CreateAsync(stage.Hub, stage.Cat);
        using var dan = await S3Client.CreateAsync(stage.Hub, stage.Dan);
        (await ben.PutAsync("/churn/data/a", "one")).Dispose();
        (await ann.PutAsync("/other/data/a", "two")).Dispose();
        Assert.Equal(("one", "one", "one", "NoSuchBucket"), (await ann.GetAsync("/churn/data/a"), await cat.GetAsync("/churn/data/a"), await narrow.GetAsync("/churn/data/a"), await dan.GetAsync("/churn/data/a")));
        Assert.Equal("NoSuchBucket", await narrow.GetAsync("/other/data/a"));
        Assert.Equal("NoSuchBucket", await ben.GetAsync("/other/data/a"));
        foreach (var reader in new[] { cat, narrow })
        {
            using var refused = await reader.PutAsync("/churn/data/a", "mine");
            Assert.Equal("AccessDenied", await S3Client.CodeAsync(refused));
        }

        Assert.DoesNotContain("other", await narrow.GetAsync("/"), StringComparison.Ordinal);
        using var api = stage.Hub.Api(stage.Ann);
        (await api.DeleteAsync("/api/v1/projects/churn/members/account:ben", TestContext.Current.CancellationToken)).Dispose();
        Assert.Equal("NoSuchBucket", await ben.GetAsync("/churn/data/a"));
        using var removed = await api.DeleteAsync($"/api/v1/s3/keys/{ann.Id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal("InvalidAccessKeyId", await ann.GetAsync("/churn/data/a"));
        var keys = await api.GetFromJsonAsync("/api/v1/s3/keys", S3Json.Default.S3KeyList, TestContext.Current.CancellationToken);
        Assert.All(keys!.Items, static k => Assert.Null(k.SecretAccessKey));
        using var notMine = await stage.Hub.Api(stage.Dan).DeleteAsync($"/api/v1/s3/keys/{narrow.Id}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, notMine.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Keys_that_are_no_paths_are_refused_and_reach_nothing()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        var name = new string('n', 255);
        using var longest = await ann.PutAsync($"/churn/data/{name}", "x");
        Assert.Equal(HttpStatusCode.OK, longest.StatusCode);
        foreach (var path in new[] { "data/../secret", "data/%2E%2E/secret", "data//a", "data/./a", $"data/{name}n", "a", "UPPER/a", "../a", "data/a/../../b" })
        {
            using var refused = await ann.PutAsync("/churn/" + path, "x");
            Assert.Equal((path, "InvalidArgument"), (path, await S3Client.CodeAsync(refused)));
            Assert.Equal((path, "NoSuchKey"), (path, await ann.GetAsync("/churn/" + path)));
        }

        using var nul = await ann.PutAsync("/churn/data/a%00b", "x");
        Assert.Equal(HttpStatusCode.BadRequest, nul.StatusCode);
        Assert.Equal("KeyTooLongError", await ann.GetAsync($"/churn/data/{string.Join('/', Enumerable.Repeat(name, 4))}"));
        using var text = await ann.PutAsync("/churn/data/%FF", "x");
        Assert.Equal("InvalidURI", await S3Client.CodeAsync(text));
        using var versions = await ann.SendAsync(HttpMethod.Get, "/churn?versions");
        Assert.Equal((HttpStatusCode.NotImplemented, "NotImplemented"), (versions.StatusCode, await S3Client.CodeAsync(versions)));
        using var entity = await ann.SendAsync(HttpMethod.Post, "/churn?delete", "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Delete><Object><Key>&e;</Key></Object></Delete>"u8.ToArray());
        Assert.Equal("MalformedXML", await S3Client.CodeAsync(entity));
    }
}
