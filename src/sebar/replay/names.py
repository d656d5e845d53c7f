"""First names for people who do not exist: mostly Indonesian, some from elsewhere, in several scripts."""

from __future__ import annotations

from typing import Final

_LIST: Final = """
Adi Agus Ahmad Aisyah Ajeng Akbar Alya Amalia Amir Anang Andi Anggi Anisa Anton Ari Arif Asep Astri Ayu Bagas Bagus
Bambang Bayu Bella Budi Cahya Candra Citra Dani Danu Dara Darma Dedi Desi Dewi Dian Dika Dimas Dinda Dita Doni Dwi
Edo Eka Eko Elang Endah Erna Fadil Fajar Farah Farhan Fatimah Febri Ferdi Fitri Galih Galuh Gilang Gita Hadi Hana
Hari Hasan Hendra Heru Ibnu Ika Ilham Imam Indah Indra Intan Irfan Joko Kartika Kiki Komang Kurnia Laila Laras Lestari
Lina Lukman Made Maya Mega Melati Mira Muhammad Nadia Nanda Nia Niko Nina Novi Nur Nyoman Panji Pipit Prima Putra Putri
Rafi Rahma Raka Rangga Rani Ratih Ratna Reza Rian Rina Rini Rio Rizki Rudi Sari Satria Sekar Sinta Siti Slamet Sri
Surya Tari Taufik Teguh Tiara Tika Tono Tri Umar Utami Vina Wahyu Wati Wayan Widya Wira Yanti Yoga Yudi Yulia Yusuf
Zahra Zaki Aino Alejandro Amélie Ananya Björn Chen Chloé Diego Elif Emma Fatou Giulia Hanna Hiroshi Ingrid Ivan Jan
João Kenji Lars Liam Lucía Malik Mei Ngọc Noah Olga Olivia Priya Sofía Søren Tomasz Yuki Zoë 美咲 明 지우 محمد ליאור
"""
NAMES: Final = tuple(_LIST.split())
