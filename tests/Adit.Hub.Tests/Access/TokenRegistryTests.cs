using System.Text;
using Adit.Api;

namespace Adit.Hub.Tests.Access;

public sealed class TokenRegistryTests
{
    [Fact]
    public async Task The_first_start_makes_an_admin_token_and_writes_it_for_its_user_alone()
    {
        await using var access = await TestAccess.StartAsync();
        var path = access.Directory.File("admin-token");
        Assert.Equal(access.AdminText, (await File.ReadAllTextAsync(path)).Trim());
        Assert.Matches("^adit_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$", access.AdminText);
        Assert.True(access.Admin.IsAdmin);
        Assert.Equal("admin", access.Admin.Account);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Further_starts_make_none_and_the_tokens_are_still_good()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann");
        Assert.Null(await access.RestartAsync());
        Assert.NotNull(access.Tokens.Authenticate(access.AdminText));
        Assert.Equal("ann", access.Tokens.Authenticate(ann.Secret)!.Account);
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_not_kept()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann");
        Assert.NotNull(ann.Secret);
        Assert.All(access.Tokens.List(static _ => true), static t => Assert.Null(t.Secret));
        await access.RestartAsync();
        var secret = Encoding.ASCII.GetBytes(ann.Secret![18..]);
        foreach (var file in Directory.GetFiles(access.Directory.Path, "adit.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var content = new MemoryStream();
            await stream.CopyToAsync(content);
            Assert.Equal(-1, content.ToArray().AsSpan().IndexOf(secret));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("adit_")]
    [InlineData("Bearer x")]
    [InlineData("adit_000000000000_0000000000000000000000000000000000000000000")]
    public async Task Text_that_is_no_token_opens_nothing(string text)
    {
        await using var access = await TestAccess.StartAsync();
        Assert.Null(access.Tokens.Authenticate(text));
        Assert.Null(access.Tokens.Authenticate(null));
    }

    [Fact]
    public async Task A_token_with_any_one_character_changed_opens_nothing()
    {
        await using var access = await TestAccess.StartAsync();
        for (var i = 0; i < access.AdminText.Length; i++)
        {
            var changed = access.AdminText.ToCharArray();
            changed[i] = changed[i] == 'a' ? 'b' : 'a';
            // The last character of the secret holds four bits that nobody looks at in base64url; the text is hashed, so they count here.
            Assert.Null(access.Tokens.Authenticate(new string(changed)));
        }

        Assert.Null(access.Tokens.Authenticate(access.AdminText + "a"));
        Assert.Null(access.Tokens.Authenticate(access.AdminText[..^1]));
        Assert.Null(access.Tokens.Authenticate(access.AdminText.ToUpperInvariant()));
        Assert.NotNull(access.Tokens.Authenticate(access.AdminText));
    }

    [Fact]
    public async Task The_secret_of_one_token_does_not_open_another()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = (await access.TokenAsync("ann")).Secret!;
        var bob = (await access.TokenAsync("bob")).Secret!;
        Assert.Null(access.Tokens.Authenticate(ann[..18] + bob[18..]));
    }

    [Fact]
    public async Task A_revoked_token_is_dead_at_once_says_so_and_stays_dead()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann");
        var revoked = new List<string>();
        access.Tokens.Revoked += revoked.Add;
        Assert.True(await access.Tokens.RevokeAsync(ann.Id, "test"));
        Assert.Equal([ann.Id], revoked);
        Assert.Null(access.Tokens.Authenticate(ann.Secret));
        Assert.Null(access.Tokens.Find(ann.Id));
        Assert.True(await access.Tokens.RevokeAsync(ann.Id, "test")); // Asked twice, done once.
        Assert.Single(revoked);
        await access.RestartAsync();
        Assert.Null(access.Tokens.Authenticate(ann.Secret));
        Assert.NotNull(access.Tokens.List(static _ => true).Single(t => t.Id == ann.Id).Revoked);
    }

    [Fact]
    public async Task A_token_ends_at_its_time_and_not_before()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann", new CreateTokenRequest { Name = "short", ExpiresInSeconds = 60 });
        access.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(access.Tokens.Authenticate(ann.Secret));
        access.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(access.Tokens.Authenticate(ann.Secret));
        Assert.Null(access.Tokens.Find(ann.Id));
    }

    [Fact]
    public async Task A_token_that_has_ended_does_not_come_back_with_a_clock_that_is_put_back()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann", new CreateTokenRequest { Name = "short", ExpiresInSeconds = 60 });
        access.Time.ShiftWallClock(TimeSpan.FromDays(-1));
        Assert.NotNull(access.Tokens.Authenticate(ann.Secret));
        access.Time.ShiftWallClock(TimeSpan.FromDays(1));
        access.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(access.Tokens.Authenticate(ann.Secret));
        access.Time.ShiftWallClock(TimeSpan.FromDays(-1));
        Assert.Null(access.Tokens.Authenticate(ann.Secret));
        Assert.Null(access.Tokens.Find(ann.Id));
    }

    [Fact]
    public async Task Tokens_that_are_dead_for_long_are_forgotten_and_no_others()
    {
        await using var access = await TestAccess.StartAsync();
        access.Time.Advance(TimeSpan.FromSeconds(1));
        var revoked = await access.TokenAsync("ann");
        var expired = await access.TokenAsync("ann", new CreateTokenRequest { Name = "short", ExpiresInSeconds = 60 });
        var good = await access.TokenAsync("ann");
        await access.Tokens.RevokeAsync(revoked.Id, "test");
        access.Time.ShiftWallClock(TimeSpan.FromDays(89));
        await access.Tokens.ForgetDeadAsync();
        Assert.Equal(4, access.Tokens.List(static _ => true).Count());
        access.Time.ShiftWallClock(TimeSpan.FromDays(2));
        await access.Tokens.ForgetDeadAsync();
        await access.RestartAsync();
        Assert.Equal(["admin", "ann"], access.Tokens.List(static _ => true).Select(static t => t.Account));
        Assert.Null(access.Tokens.Authenticate(expired.Secret));
        Assert.NotNull(access.Tokens.Authenticate(good.Secret));
    }

    [Fact]
    public async Task A_hub_whose_tokens_are_all_dead_makes_no_new_admin_token_at_its_next_start()
    {
        await using var access = await TestAccess.StartAsync();
        await access.Tokens.RevokeAsync(access.Admin.TokenId, "test");
        access.Time.ShiftWallClock(TimeSpan.FromDays(365));
        await access.Tokens.ForgetDeadAsync();
        Assert.Null(await access.RestartAsync());
    }

    [Fact]
    public async Task When_a_token_was_last_used_is_remembered()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann");
        Assert.Null(access.Tokens.List(static _ => true).Single(t => t.Id == ann.Id).LastUsed);
        access.Time.Advance(TimeSpan.FromHours(1));
        var used = access.Time.GetUtcNow();
        access.Tokens.Authenticate(ann.Secret);
        await access.RestartAsync();
        Assert.Equal(used, access.Tokens.List(static _ => true).Single(t => t.Id == ann.Id).LastUsed);
    }

    [Fact]
    public async Task Limits_reach_the_caller()
    {
        await using var access = await TestAccess.StartAsync();
        var ann = await access.TokenAsync("ann", new CreateTokenRequest { Name = "small", MaxTunnels = 2, MaxStreams = 3, BytesPerSecond = 4096 });
        await access.RestartAsync();
        var caller = access.Tokens.Authenticate(ann.Secret)!;
        Assert.Equal((2, 3, 4096L), (caller.MaxTunnels, caller.MaxStreams, caller.Bandwidth!.BytesPerSecond));
        Assert.Same(caller.Bandwidth, access.Tokens.Authenticate(ann.Secret)!.Bandwidth); // One bucket for all that the token serves.
    }
}
