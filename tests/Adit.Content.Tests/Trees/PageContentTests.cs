using Adit.Content.Chunks;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Trees;

public sealed class PageContentTests
{
    [Fact]
    public void A_page_of_which_any_byte_is_another_is_refused_or_is_another_valid_page() => ForAllPages((random, kind, bytes) =>
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            var was = bytes[at];
            foreach (var flip in new[] { 1 << random.Next(8), 0x80, 0xFF })
            {
                bytes[at] = (byte)(was ^ flip);
                IsRefusedOrValid(kind, bytes);
            }

            bytes[at] = was;
        }
    });

    [Fact]
    public void A_page_that_is_cut_or_longer_is_refused() => ForAllPages((random, kind, bytes) =>
    {
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<FormatException>(() => PageContent.Parse(bytes.AsSpan(0, length), kind));
        Assert.Throws<FormatException>(() => PageContent.Parse([.. bytes, (byte)random.Next(256)], kind));
    });

    [Fact]
    public void Bytes_that_were_inserted_or_left_out_are_refused_or_make_another_valid_page() => ForAllPages((random, kind, bytes) =>
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            IsRefusedOrValid(kind, [.. bytes.AsSpan(0, at), (byte)random.Next(256), .. bytes.AsSpan(at)]);
            IsRefusedOrValid(kind, [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + 1)]);
        }
    });

    [Fact]
    public void Random_bytes_are_refused_and_nothing_worse() => Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        if (bytes.Length > 2)
            (bytes[0], bytes[1], bytes[2]) = (1, (byte)random.Next(3), (byte)random.Next(8));
        foreach (var kind in new[] { ChunkKind.Directory, ChunkKind.List })
            IsRefusedOrValid(kind, bytes);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Names_out_of_order_or_twice_are_refused()
    {
        foreach (var names in new[] { "ab", "aa", "ba" })
        {
            var page = new ByteWriter();
            Page.Begin(ref page, 0, 2);
            foreach (var name in names)
                EntryCodec.Write(ref page, new TreeEntry { Name = [(byte)name], Type = EntryType.File });
            var bytes = page.Written.ToArray();
            if (names == "ab")
                Assert.Equal(2, PageContent.Parse(bytes, ChunkKind.Directory).Count);
            else
                Assert.Throws<FormatException>(() => PageContent.Parse(bytes, ChunkKind.Directory));
        }
    }

    [Fact]
    public void Too_many_items_too_high_a_level_and_another_version_are_refused()
    {
        Assert.Throws<FormatException>(() => PageContent.Parse([2, 0, 0], ChunkKind.Directory));
        Assert.Throws<FormatException>(() => PageContent.Parse([1, 8, 0], ChunkKind.Directory));
        Assert.Throws<FormatException>(() => PageContent.Parse([1, 1, 0], ChunkKind.Directory));
        Assert.Throws<FormatException>(() => PageContent.Parse([1, 0, 0x81, 0x20], ChunkKind.Directory));
        Assert.Equal(0, PageContent.Parse([1, 0, 0], ChunkKind.Directory).Count);
    }

    private static void ForAllPages(Action<Random, ChunkKind, byte[]> check) => Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
    {
        var (kind, bytes) = new AnyTree(seed).Page();
        Assert.Equal(bytes, Encode(PageContent.Parse(bytes, kind), kind));
        if (bytes.Length < 5000)
            check(new Random(seed), kind, bytes);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static void IsRefusedOrValid(ChunkKind kind, byte[] bytes)
    {
        PageContent page;
        try
        {
            page = PageContent.Parse(bytes, kind);
        }
        catch (FormatException)
        {
            return;
        }

        Assert.Equal(bytes, Encode(page, kind));
    }

    private static byte[] Encode(PageContent content, ChunkKind kind)
    {
        var page = new ByteWriter();
        Page.Begin(ref page, content.Level, content.Count);
        foreach (var entry in content.Entries ?? [])
            EntryCodec.Write(ref page, entry);
        foreach (var below in content.Below ?? [])
        {
            page.Counted(below.First);
            page.Bytes(below.Id.Bytes);
            page.Varint((ulong)below.Sum.Entries);
            page.Varint((ulong)below.Sum.Files);
            page.Varint((ulong)below.Sum.Bytes);
        }

        foreach (var item in content.Items ?? [])
        {
            page.Varint(content.Level == 0 ? ((ulong)item.Length << 1) | (item.IsHole ? 1UL : 0) : (ulong)item.Length);
            if (!item.IsHole)
                page.Bytes(item.Id.Bytes);
        }

        Assert.Equal(kind == ChunkKind.List, content.Items is not null);
        return page.Written.ToArray();
    }
}
